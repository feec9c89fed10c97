//! Health and version, in the union of what the old systems' probes read.

use axum::{http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    envelope,
    lane::Lane,
    route::{Access, Family, Routes},
    state::Gateway,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Probes, outside every lane: an overload must not look like an outage.
pub(crate) fn routes() -> Routes {
    use {Access::Public, Lane::Exempt};
    let mut routes = Routes::new(Family::V1);
    routes.get("/health", Exempt, Public, health);
    routes.get("/healthz", Exempt, Public, healthz).inline();
    routes.get("/ready", Exempt, Public, ready).inline();
    routes.get("/version", Exempt, Public, version).inline();
    routes.get("/api/healthz", Exempt, Public, healthz).inline();
    routes
}

/// Without them orders are still taken.
const MAY_BE_AWAY: [&str; 2] = ["payment", "compare"];

pub(crate) async fn health(gateway: Gateway) -> Response {
    let report = gateway.peers.report().await;
    let away = |name: &str| report.get(name).is_some_and(Option::is_some);
    let (status, word) = if report
        .keys()
        .any(|name| !MAY_BE_AWAY.contains(name) && away(name))
    {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
    } else if MAY_BE_AWAY.into_iter().any(away) {
        (StatusCode::OK, "degraded")
    } else {
        (StatusCode::OK, "healthy")
    };
    let components: serde_json::Map<_, _> = report
        .into_iter()
        .map(|(name, problem)| {
            let healthy = || "healthy".to_owned();
            let word = problem.map_or_else(healthy, |problem| format!("unhealthy: {problem}"));
            (name.to_owned(), word.into())
        })
        .collect();
    let body = json!({
        "status": word, "service": "mall", "version": VERSION, "components": components,
        "timestamp": gateway.clock.now_ms() / 1_000,
    });
    envelope::json(status, &body)
}

pub(crate) async fn healthz(gateway: Gateway) -> Response {
    let body = json!({
        "code": 0, "message": "OK", "status": "ok", "version": VERSION,
        "data": {"status": "ok", "version": VERSION},
        "timestamp": gateway.clock.now_ms() / 1_000,
    });
    envelope::json(StatusCode::OK, &body)
}

pub(crate) async fn ready(gateway: Gateway) -> Response {
    let report = gateway.ready.report().await;
    let not_ready: Vec<_> = report
        .into_iter()
        .filter_map(|(name, problem)| Some(format!("{name}: {}", problem?)))
        .collect();
    if not_ready.is_empty() {
        return envelope::json(
            StatusCode::OK,
            &json!({"status": "ready", "components": {}}),
        );
    }
    let body = json!({"status": "not_ready", "reason": not_ready.join("; ")});
    envelope::json(StatusCode::SERVICE_UNAVAILABLE, &body)
}

pub(crate) async fn version(_: Gateway) -> Response {
    let body = json!({
        "version": "v1", "api_prefix": "/api", "recommended_prefix": "/api/v1", "build": VERSION,
    });
    envelope::json(StatusCode::OK, &body)
}
