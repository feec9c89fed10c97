//! Health and version, in the union of what the old systems' probes read.

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{cx, state::Gateway};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Without them orders are still taken.
const MAY_BE_AWAY: [&str; 2] = ["payment", "compare"];

pub(crate) async fn health(State(gateway): State<Gateway>) -> Response {
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
    cx::json(status, &body)
}

pub(crate) async fn healthz(State(gateway): State<Gateway>) -> Response {
    let body = json!({
        "code": 0, "message": "OK", "status": "ok", "version": VERSION,
        "data": {"status": "ok", "version": VERSION},
        "timestamp": gateway.clock.now_ms() / 1_000,
    });
    cx::json(StatusCode::OK, &body)
}

pub(crate) async fn ready(State(gateway): State<Gateway>) -> Response {
    let report = gateway.ready.report().await;
    let not_ready: Vec<_> = report
        .into_iter()
        .filter_map(|(name, problem)| Some(format!("{name}: {}", problem?)))
        .collect();
    if not_ready.is_empty() {
        return cx::json(
            StatusCode::OK,
            &json!({"status": "ready", "components": {}}),
        );
    }
    let body = json!({"status": "not_ready", "reason": not_ready.join("; ")});
    cx::json(StatusCode::SERVICE_UNAVAILABLE, &body)
}

pub(crate) async fn version() -> Response {
    let body = json!({
        "version": "v1", "api_prefix": "/api", "recommended_prefix": "/api/v1", "build": VERSION,
    });
    cx::json(StatusCode::OK, &body)
}
