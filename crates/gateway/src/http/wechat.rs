//! What WeChat Pay reports. Payment judges the bytes as they came; SUCCESS is said only after it
//! has answered.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use fault::{Code, Fault};
use proto::payment::{NotifyRequest, notify_request::Header};
use serde_json::json;

use crate::{body::all_of, cx, state::Gateway};

const BODY_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/wechatpay/notify", post(notify))
        .route("/wechatpay/notify/", post(notify))
}

async fn notify(State(gateway): State<Gateway>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = all_of(body, BODY_BYTES_MAX, &gateway).await else {
        return fail(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is too large, or too slow",
        );
    };
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        name.as_str().starts_with("wechatpay-").then(|| Header {
            name: name.as_str().to_owned(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        })
    };
    let headers = parts.headers.iter().filter_map(header).collect();
    let message = NotifyRequest {
        headers,
        body: body.to_vec(),
    };
    let answer =
        service::run_detached(async move { gateway.payment().notify(message).await }).await;
    match answer {
        Ok(_) => cx::json(StatusCode::OK, &json!({"code": "SUCCESS", "message": "OK"})),
        Err(status) => {
            let error = rpc::PeerError::from(status);
            let status = match error.code() {
                Code::Unauthenticated => StatusCode::UNAUTHORIZED,
                Code::Unavailable | Code::Timeout | Code::Internal | Code::RateLimited => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                Code::Invalid
                | Code::PaymentRequired
                | Code::Forbidden
                | Code::NotFound
                | Code::Conflict
                | Code::Gone
                | Code::TooLarge
                | Code::Unprocessable => StatusCode::BAD_REQUEST,
            };
            fail(status, &error.public_message())
        }
    }
}

fn fail(status: StatusCode, message: &str) -> Response {
    cx::json(status, &json!({"code": "FAIL", "message": message}))
}
