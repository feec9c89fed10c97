//! The operators' port of a service.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use prometheus::TextEncoder;
use serde_json::json;
use tokio::net::TcpListener;

use crate::Ctx;

/// Serves until the process ends: readiness has to be readable while it drains.
pub(crate) async fn serve(ctx: Ctx, listener: TcpListener) {
    let router = Router::new()
        .route("/livez", get(async || "ok"))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(ctx);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the admin port failed");
    }
}

async fn readyz(State(ctx): State<Ctx>) -> impl IntoResponse {
    let report = ctx.readiness().report().await;
    let ready = report.values().all(Option::is_none);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let checks: serde_json::Map<_, _> = report
        .into_iter()
        .map(|(name, problem)| {
            (
                name.to_owned(),
                json!(problem.unwrap_or_else(|| "ok".to_owned())),
            )
        })
        .collect();
    (
        status,
        Json(json!({"service": ctx.name, "ready": ready, "checks": checks})),
    )
}

async fn metrics() -> impl IntoResponse {
    let mut text = String::new();
    match TextEncoder::new().encode_utf8(&prometheus::gather(), &mut text) {
        Ok(()) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)],
            text,
        ),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "text/plain")],
            error.to_string(),
        ),
    }
}
