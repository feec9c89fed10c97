//! Answers and refusals in the dialect of each family of routes.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fault::{Code, Reason};
use serde::Serialize;
use serde_json::json as value;

use crate::{cx::Cx, refusal::Refusal, route::Family};

impl Cx {
    pub(crate) fn render<T: Serialize>(&self, ok: StatusCode, data: T) -> Response {
        match self.0.family {
            Family::V1 => json(ok, &self.v1(0, "OK", Some(data))),
            Family::Gomall => json(StatusCode::OK, &self.gomall(0, "success", Some(data))),
            Family::Guangyang | Family::Wechat => json(StatusCode::OK, &data),
        }
    }

    /// Done, and there is nothing to say about it.
    pub(crate) fn acknowledge(&self) -> Response {
        match self.0.family {
            Family::V1 => json(StatusCode::OK, &self.v1::<()>(0, "OK", None)),
            Family::Gomall => json(StatusCode::OK, &self.gomall::<()>(0, "success", None)),
            Family::Guangyang => json(StatusCode::OK, &value!({})),
            Family::Wechat => json(
                StatusCode::OK,
                &value!({"code": "SUCCESS", "message": "OK"}),
            ),
        }
    }

    /// A refusal by a handler.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        match self.0.family {
            // Its pages take HTTP 401 for a lost session and reload.
            Family::Gomall if !is_early(refusal.reason) => {
                let number = gomall_number(refusal.reason);
                let body = self.gomall::<()>(number, &refusal.message, None);
                retry_after(json(StatusCode::OK, &body), refusal)
            }
            Family::V1 | Family::Gomall | Family::Guangyang | Family::Wechat => {
                self.refuse_early(refusal)
            }
        }
    }

    /// A refusal by what stands before the handlers: it has a status of its own also on Gomall's
    /// paths.
    pub(crate) fn refuse_early(&self, refusal: &Refusal) -> Response {
        let (status, message) = (refusal.status(), refusal.message.as_str());
        let response = match self.0.family {
            Family::V1 => {
                let number = refusal.reason.number();
                json(status, &self.v1::<()>(number, message, None))
            }
            Family::Gomall => {
                let code = status.as_u16().into();
                let msg = message;
                json(status, &Early { code, message, msg })
            }
            Family::Guangyang => json(status, &Original::new(status, message)),
            Family::Wechat => json(
                wechat_status(refusal.reason.code()),
                &value!({"code": "FAIL", "message": message}),
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

/// What Gomall's middlewares said: no session, no administrator, too often.
const fn is_early(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NotLoggedIn
            | Reason::TokenExpired
            | Reason::TokenInvalid
            | Reason::NotAdmin
            | Reason::TooManyRequests
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

/// WeChat repeats whatever is not SUCCESS; the status says whose fault it was.
const fn wechat_status(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Unavailable | Code::Timeout | Code::Internal | Code::RateLimited => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Code::Invalid
        | Code::PaymentRequired
        | Code::Forbidden
        | Code::NotFound
        | Code::Conflict
        | Code::Gone
        | Code::Unprocessable => StatusCode::BAD_REQUEST,
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
