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
/// Of what a stranger wrote.
const SHOWN_CHARS: usize = 64;
const KINDS: [Kind; 8] = [
    Kind::ResetAfterCommit,
    Kind::SystemError,
    Kind::SystemErrorAfterCommit,
    Kind::FrequencyLimited,
    Kind::NotEnough,
    Kind::Delay,
    Kind::BadSig,
    Kind::Signtest,
];

/// What a path asks for.
enum Call {
    Create,
    Query(String),
    Close(String),
    Refund,
    QueryRefund(String),
}

impl Call {
    /// The status of an empty answer, if there is no such path or not by this method.
    fn of(method: &Method, path: &str) -> Result<Self, StatusCode> {
        let (call, by) = if path == path::NATIVE {
            (Self::Create, Method::POST)
        } else if path == path::REFUNDS {
            (Self::Refund, Method::POST)
        } else if let Some(rest) = path.strip_prefix(path::REFUNDS) {
            let no = rest.strip_prefix('/').ok_or(StatusCode::NOT_FOUND)?;
            (Self::QueryRefund(plain(no)), Method::GET)
        } else if let Some(no) = path.strip_prefix(TRANSACTIONS) {
            match no.strip_suffix("/close") {
                Some(no) => (Self::Close(plain(no)), Method::POST),
                None => (Self::Query(plain(no)), Method::GET),
            }
        } else {
            return Err(StatusCode::NOT_FOUND);
        };
        if *method == by {
            Ok(call)
        } else {
            Err(StatusCode::METHOD_NOT_ALLOWED)
        }
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

    /// The number that it is about, for the journal and the faults. Whoever wrote it may be a
    /// stranger.
    fn number(&self, body: &[u8]) -> String {
        let number = match self {
            Self::Query(no) | Self::Close(no) | Self::QueryRefund(no) => no.clone(),
            Self::Create | Self::Refund => {
                let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                body["out_trade_no"].as_str().unwrap_or_default().to_owned()
            }
        };
        clipped(&number)
    }
}

/// Of the signs that a number may have, clients escape these.
fn plain(no: &str) -> String {
    [
        ("%7C", "|"),
        ("%7c", "|"),
        ("%2A", "*"),
        ("%2a", "*"),
        ("%40", "@"),
    ]
    .iter()
    .fold(no.to_owned(), |no, (escaped, sign)| {
        no.replace(escaped, sign)
    })
}

fn clipped(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

pub(super) async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let refuse_unheard = |status: StatusCode| {
        let facts = json!({"path": clipped(parts.uri.path()), "status": status.as_u16()});
        world.note("", "request.refused", &facts);
        status.into_response()
    };
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return refuse_unheard(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let call = match Call::of(&parts.method, parts.uri.path()) {
        Err(status) => return refuse_unheard(status),
        Ok(call) => call,
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
    let (name, number) = (call.name(), call.number(&body));
    if let Err(refused) = world.judge(&asked) {
        let facts = json!({"call": name, "why": refused.message});
        world.note(&number, "request.refused", &facts);
        return refuse(&refused);
    }
    let fault = world.state().faults.strike(name, &number, &KINDS);
    if let Some(fault) = &fault {
        let facts = json!({"call": name, "fault": fault.kind});
        world.note(&number, "fault.struck", &facts);
    }
    let query = parts.uri.query().unwrap_or_default();
    let done = match before(fault.as_ref()) {
        Some(refused) => Err(refused),
        None => carry_out(&world, &call, query, &body),
    };
    let answer = match done {
        Ok(body) => {
            world.note(&number, "call.answered", &json!({"call": name}));
            say(&world, &parts.headers, body, fault.as_ref())
        }
        Err(refused) => {
            let facts = json!({"call": name, "code": refused.code.name(), "why": refused.message});
            world.note(&number, "call.refused", &facts);
            refuse(&refused)
        }
    };
    after(&world, answer, fault).await
}

/// The answer's body; `None` is 204.
fn carry_out(
    world: &Arc<World>,
    call: &Call,
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
        Kind::NotEnough => Some(Refused::new(Code::NotEnough, "on purpose")),
        _ => None,
    }
}

async fn after(world: &World, answer: Response, fault: Option<Struck>) -> Response {
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
            world
                .pause(Duration::from_millis(fault.number("ms", 1_000)))
                .await;
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
