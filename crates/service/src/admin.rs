//! The operators' port of a service.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use prometheus::TextEncoder;
use serde_json::json;
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{Ctx, run_detached};

/// A connection that says nothing for so long is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Probes and scrapers are few; other callers of the port do not use up the process.
const CONNECTIONS_MAX: usize = 64;

/// Serves until the process ends: readiness has to be readable while it drains.
pub(crate) async fn serve(ctx: Ctx, listener: TcpListener) {
    const PAUSE: Duration = Duration::from_millis(50);
    let service = TowerToHyperService::new(router(ctx));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = http.serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(async move {
                    // A connection that breaks is its caller's business.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the admin port was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn router(ctx: Ctx) -> Router {
    Router::new()
        .route("/livez", get(async || "ok"))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(ctx)
}

async fn readyz(State(ctx): State<Ctx>) -> impl IntoResponse {
    let readiness = ctx.readiness().clone();
    let report = run_detached(async move { readiness.report().await }).await;
    let ready = report.values().all(Option::is_none);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let text = |problem: Option<String>| json!(problem.unwrap_or_else(|| "ok".to_owned()));
    let checks: serde_json::Map<_, _> = report
        .into_iter()
        .map(|(name, problem)| (name.to_owned(), text(problem)))
        .collect();
    (
        status,
        Json(json!({"service": ctx.name, "ready": ready, "checks": checks})),
    )
}

async fn metrics() -> impl IntoResponse {
    let mut text = String::new();
    let (status, content) = match TextEncoder::new().encode_utf8(&prometheus::gather(), &mut text) {
        Ok(()) => (StatusCode::OK, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    (
        status,
        [(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)],
        content,
    )
}
