//! The bound: the gateway's own server with one bare route that verifies a token, reads JSON and
//! writes JSON.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use clock::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Serves until the process ends. Keys and the number of threads come from the environment, as the
/// gateway's do.
pub fn serve_bound(address: SocketAddr) -> Result<()> {
    let config: gateway::Config = service::config::load(gateway::NAME, gateway::DEFAULTS, None)?;
    service::runtime(config.service.workers)?.block_on(serve(address, config))
}

async fn serve(address: SocketAddr, config: gateway::Config) -> Result<()> {
    let verifier = Arc::new(auth::Verifier::new(&config.auth)?);
    let router = Router::new()
        .route("/bound", post(answer))
        .with_state(verifier);
    let listener = gateway::listen(address)?;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    gateway::serve(listener, |_| router.clone(), config.http, tracker, stop).await;
    Ok(())
}

async fn answer(
    State(verifier): State<Arc<auth::Verifier>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> impl IntoResponse {
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = sent
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    match verifier.verify_access(token, SystemClock.now_ms() / 1_000) {
        Ok(claims) => {
            let user = claims.principal.user.get();
            let data = json!({"user": user, "quantity": body["quantity"]});
            (
                StatusCode::OK,
                Json(json!({"code": 0, "message": "OK", "data": data})),
            )
        }
        Err(_) => (StatusCode::UNAUTHORIZED, Json(json!({"code": 401}))),
    }
}
