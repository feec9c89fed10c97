//! The merchant's side of the counter: `/v3/…`.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use wechatpay::{Code, Refusal, header, path};

use super::{
    faults::{Kind, Struck},
    judge::{Asked, Refused},
    refunds::settle_later,
    world::World,
};

const BODY_BYTES_MAX: usize = 64 * 1024;
const TRANSACTIONS: &str = "/v3/pay/transactions/out-trade-no/";
const KINDS: [Kind; 7] = [
    Kind::ResetAfterCommit,
    Kind::SystemError,
    Kind::SystemErrorAfterCommit,
    Kind::FrequencyLimited,
    Kind::Delay,
    Kind::BadSig,
    Kind::Signtest,
];

/// What a path asks for.
enum Call<'a> {
    Create,
    Query(&'a str),
    Close(&'a str),
    Refund,
    QueryRefund(&'a str),
}

impl<'a> Call<'a> {
    /// `None`: no such path. `Some(Err)`: not by this method.
    fn of(method: &Method, path: &'a str) -> Option<Result<Self, ()>> {
        let (call, by) = if path == path::NATIVE {
            (Self::Create, Method::POST)
        } else if path == path::REFUNDS {
            (Self::Refund, Method::POST)
        } else if let Some(no) = path.strip_prefix(path::REFUNDS) {
            (Self::QueryRefund(no.strip_prefix('/')?), Method::GET)
        } else if let Some(no) = path.strip_prefix(TRANSACTIONS) {
            match no.strip_suffix("/close") {
                Some(no) => (Self::Close(no), Method::POST),
                None => (Self::Query(no), Method::GET),
            }
        } else {
            return None;
        };
        Some(if *method == by { Ok(call) } else { Err(()) })
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Query(_) => "query",
            Self::Close(_) => "close",
            Self::Refund => "refund",
            Self::QueryRefund(_) => "query_refund",
        }
    }

    /// The number that it is about, for the journal and the faults.
    fn number(&self, body: &[u8]) -> String {
        match self {
            Self::Query(no) | Self::Close(no) | Self::QueryRefund(no) => (*no).to_owned(),
            Self::Create | Self::Refund => {
                let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                body["out_trade_no"].as_str().unwrap_or_default().to_owned()
            }
        }
    }
}

pub(super) async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = match Call::of(&parts.method, parts.uri.path()) {
        None => return StatusCode::NOT_FOUND.into_response(),
        Some(Err(())) => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Some(Ok(call)) => call,
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let asked = Asked {
        method: &parts.method,
        target,
        headers: &parts.headers,
        body: &body,
    };
    if let Err(refused) = world.judge(&asked) {
        world.note(
            &call.number(&body),
            "request.refused",
            &json!({"why": refused.message}),
        );
        return refuse(&refused);
    }
    let (name, number) = (call.name(), call.number(&body));
    let fault = world.state().faults.strike(name, &number, &KINDS);
    if let Some(refused) = before(fault.as_ref()) {
        return refuse(&refused);
    }
    let query = parts.uri.query().unwrap_or_default();
    let done = carry_out(&world, &call, query, &body);
    if let Err(refused) = &done {
        let facts = json!({"call": name, "code": refused.code.name(), "why": refused.message});
        world.note(&number, "call.refused", &facts);
    }
    let answer = match done {
        Ok(body) => say(&world, &parts.headers, body, fault.as_ref()),
        Err(refused) => refuse(&refused),
    };
    after(answer, fault).await
}

/// The answer's body; `None` is 204.
fn carry_out(
    world: &Arc<World>,
    call: &Call<'_>,
    query: &str,
    body: &[u8],
) -> Result<Option<Bytes>, Refused> {
    match call {
        Call::Create => json_of(&world.open(body)?),
        Call::Query(no) => {
            let mchid = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("mchid="));
            json_of(&world.query(no, mchid)?)
        }
        Call::Close(no) => world.close(no, body).map(|()| None),
        Call::Refund => {
            let (refund, new) = world.refund(body)?;
            if new {
                let (world, no) = (Arc::clone(world), refund.out_refund_no.clone());
                tokio::spawn(settle_later(world, no));
            }
            json_of(&refund)
        }
        Call::QueryRefund(no) => json_of(&world.query_refund(no)?),
    }
}

fn json_of(body: &impl Serialize) -> Result<Option<Bytes>, Refused> {
    serde_json::to_vec(body)
        .map(|bytes| Some(bytes.into()))
        .map_err(|error| Refused::new(Code::SystemError, error.to_string()))
}

fn before(fault: Option<&Struck>) -> Option<Refused> {
    match fault?.kind {
        Kind::SystemError => Some(Refused::new(Code::SystemError, "on purpose")),
        Kind::FrequencyLimited => Some(Refused::new(Code::FrequencyLimited, "on purpose")),
        _ => None,
    }
}

async fn after(answer: Response, fault: Option<Struck>) -> Response {
    let Some(fault) = fault else { return answer };
    match fault.kind {
        Kind::SystemErrorAfterCommit => refuse(&Refused::new(Code::SystemError, "on purpose")),
        Kind::ResetAfterCommit => {
            let cut = io::Error::from(io::ErrorKind::ConnectionReset);
            Response::new(Body::from_stream(stream::once(async {
                Err::<Bytes, _>(cut)
            })))
        }
        Kind::Delay => {
            tokio::time::sleep(Duration::from_millis(fault.number("ms", 1_000))).await;
            answer
        }
        _ => answer,
    }
}

/// A signed answer. The key is the one that the merchant asked for; there is only one.
fn say(world: &World, asked: &HeaderMap, body: Option<Bytes>, fault: Option<&Struck>) -> Response {
    let status = if body.is_some() {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    };
    let body = body.unwrap_or_default();
    let Ok(signed) = world.sign(&body, fault.map(|fault| fault.kind)) else {
        return refuse(&Refused::new(Code::SystemError, "no signature"));
    };
    let wanted = asked
        .get(header::SERIAL)
        .and_then(|serial| serial.to_str().ok());
    tracing::debug!(wanted, "answered");
    let mut response = (status, body).into_response();
    for (name, value) in signed {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    with_request_id(response, 0)
}

/// A refusal carries no signature.
fn refuse(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Refusal {
        code: refused.code.name().to_owned(),
        message: refused.message.clone(),
        detail: refused.detail.clone(),
    };
    with_request_id((status, axum::Json(body)).into_response(), 1)
}

fn with_request_id(mut response: Response, internal_code: u32) -> Response {
    let id = format!("{}-{internal_code}", uuid::Uuid::new_v4().simple());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("request-id", id);
    }
    if response.status().is_success() {
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert("content-type", kind);
    }
    response
}
