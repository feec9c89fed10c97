//! What a handler knows of its request, and how it answers in the request's own dialect.

use std::{convert::Infallible, future::Future, net::IpAddr, sync::Arc};

use auth::Principal;
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use fault::{Code, Fault, Reason};
use ids::UserId;
use serde::Serialize;

use crate::refusal::Refusal;

/// Which system's clients a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V1,
    Gomall,
    /// The comparison service that came before this one.
    Guangyang,
}

impl Family {
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/api/v1/") {
            return Self::V1;
        }
        let (bare, is_api) = match path.strip_prefix("/api") {
            Some(bare) if bare.starts_with('/') => (bare, true),
            Some(_) | None => (path, false),
        };
        if bare.starts_with("/compare/") {
            Self::Guangyang
        } else if is_api {
            Self::Gomall
        } else {
            Self::V1
        }
    }
}

/// One request's context. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Cx(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) family: Family,
    pub(crate) request_id: String,
    /// In hex; of a trace that may not be kept.
    pub(crate) trace_id: String,
    pub(crate) now_ms: i64,
    pub(crate) address: IpAddr,
    /// Who the token says is calling; `Err` when a token was sent that is no good.
    pub(crate) caller: Result<Option<Principal>, auth::TokenError>,
}

impl<S: Sync> FromRequestParts<S> for Cx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let found = parts.extensions.get::<Self>().cloned();
        // Every route stands behind the middleware that puts it there.
        Ok(found.unwrap_or_else(|| Self::nobody(parts.uri.path())))
    }
}

impl Cx {
    fn nobody(path: &str) -> Self {
        Self(Arc::new(Inner {
            family: Family::of(path),
            request_id: String::new(),
            trace_id: String::new(),
            now_ms: 0,
            address: IpAddr::from([0, 0, 0, 0]),
            caller: Ok(None),
        }))
    }

    /// The caller, who has to be somebody.
    pub(crate) fn caller(&self) -> Result<Principal, Refusal> {
        self.somebody().cloned()
    }

    /// Who that is, and no more.
    pub(crate) fn user(&self) -> Result<UserId, Refusal> {
        self.somebody().map(|principal| principal.user)
    }

    fn somebody(&self) -> Result<&Principal, Refusal> {
        match &self.0.caller {
            Ok(Some(principal)) => Ok(principal),
            Ok(None) => Err(Reason::NotLoggedIn.into()),
            Err(error) => Err(error.reason().into()),
        }
    }

    pub(crate) fn admin(&self) -> Result<Principal, Refusal> {
        let principal = self.caller()?;
        if principal.is_admin() {
            Ok(principal)
        } else {
            Err(Reason::NotAdmin.into())
        }
    }

    /// A call on behalf of whoever asks, or of nobody.
    pub(crate) fn call<T>(&self, message: T) -> tonic::Request<T> {
        match &self.0.caller {
            Ok(Some(principal)) => auth::request(principal, message),
            Ok(None) | Err(_) => tonic::Request::new(message),
        }
    }

    /// Answers with what `work` found, in this request's dialect. A caller that goes away stops
    /// nothing: every request runs in a task of its own.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Response {
        self.render(StatusCode::OK, work.await)
    }

    /// The same for work that has nothing to tell.
    pub(crate) async fn acknowledge(
        &self,
        work: impl Future<Output = Result<(), Refusal>>,
    ) -> Response {
        match (work.await, self.0.family) {
            (Ok(()), Family::V1) => json(StatusCode::OK, &self.v1::<()>(0, "OK", None)),
            (Ok(()), Family::Gomall) => {
                json(StatusCode::OK, &self.gomall::<()>(0, "success", None))
            }
            (Ok(()), Family::Guangyang) => json(StatusCode::OK, &serde_json::json!({})),
            (Err(refusal), _) => self.refuse(&refusal),
        }
    }

    pub(crate) fn render<T: Serialize>(
        &self,
        ok: StatusCode,
        result: Result<T, Refusal>,
    ) -> Response {
        match result {
            Ok(data) => match self.0.family {
                Family::V1 => json(ok, &self.v1(0, "OK", Some(data))),
                Family::Gomall => json(StatusCode::OK, &self.gomall(0, "success", Some(data))),
                Family::Guangyang => json(StatusCode::OK, &data),
            },
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// A refusal, in this request's dialect.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        let (reason, message) = (refusal.reason, &refusal.message);
        let response = match self.0.family {
            Family::V1 => json(
                refusal.status(),
                &self.v1::<()>(reason.number(), message, None),
            ),
            Family::Guangyang => return self.refuse_early(refusal),
            Family::Gomall if is_early(reason) => return self.refuse_early(refusal),
            // Its pages take HTTP 401 for a lost session and reload.
            Family::Gomall => json(
                StatusCode::OK,
                &self.gomall::<()>(gomall_number(reason), message, None),
            ),
        };
        retry_after(response, refusal)
    }

    /// A refusal by what stands before the handlers: it has a status of its own also on Gomall's
    /// paths.
    pub(crate) fn refuse_early(&self, refusal: &Refusal) -> Response {
        if self.0.family == Family::V1 {
            return self.refuse(refusal);
        }
        let (status, message) = (refusal.status(), &refusal.message);
        let response = match self.0.family {
            Family::Guangyang => json(status, &Original::new(status, message)),
            Family::V1 | Family::Gomall => json(
                status,
                &Early {
                    code: status.as_u16().into(),
                    message,
                    msg: message,
                },
            ),
        };
        retry_after(response, refusal)
    }

    fn v1<'a, T: Serialize>(&'a self, code: u32, message: &'a str, data: Option<T>) -> V1<'a, T> {
        V1 {
            code,
            message,
            data,
            request_id: &self.0.request_id,
            trace_id: &self.0.trace_id,
            timestamp: crate::views::rfc3339(self.0.now_ms),
        }
    }

    fn gomall<'a, T>(&'a self, code: u32, message: &'a str, data: Option<T>) -> Gomall<'a, T> {
        Gomall {
            code,
            message,
            data,
            trace_id: &self.0.trace_id,
        }
    }
}

fn retry_after(mut response: Response, refusal: &Refusal) -> Response {
    if let Some(seconds) = refusal.retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// What Gomall's middlewares said: no session, or no administrator.
const fn is_early(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NotLoggedIn | Reason::TokenExpired | Reason::TokenInvalid | Reason::NotAdmin
    )
}

/// Gomall knows one code for every bad parameter, and one for a refresh that cannot be.
const fn gomall_number(reason: Reason) -> u32 {
    match reason {
        Reason::RefreshReused => Reason::NotLoggedIn.number(),
        _ => match reason.code() {
            Code::Invalid => Reason::BadParameter.number(),
            _ => reason.number(),
        },
    }
}

/// The canonical envelope.
#[derive(Serialize)]
struct V1<'a, T> {
    code: u32,
    message: &'a str,
    data: Option<T>,
    request_id: &'a str,
    trace_id: &'a str,
    timestamp: String,
}

/// Gomall's envelope.
#[derive(Serialize)]
struct Gomall<'a, T> {
    code: u32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    trace_id: &'a str,
}

/// The original said plain text; its pages read `detail` or `message` of JSON as well.
#[derive(Serialize)]
pub(crate) struct Original<'a> {
    code: u16,
    message: &'a str,
    detail: &'a str,
}

impl<'a> Original<'a> {
    pub(crate) fn new(status: StatusCode, message: &'a str) -> Self {
        Self {
            code: status.as_u16(),
            message,
            detail: message,
        }
    }
}

/// Its middlewares say `msg`, its pages read `message`.
#[derive(Serialize)]
struct Early<'a> {
    code: u32,
    message: &'a str,
    msg: &'a str,
}

pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    // Neither grows while a purchase is answered.
    const BYTES: usize = 512;
    const HEADERS: usize = 12;
    let mut bytes = Vec::with_capacity(BYTES);
    if let Err(error) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer that cannot be written");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, JSON);
    response
}
