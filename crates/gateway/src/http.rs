//! The canonical API and what every request passes through.

pub(crate) mod system;
pub(crate) mod v1;
mod wechat;

use axum::{Router, middleware, response::Response, routing::get};
use fault::Reason;

use crate::{cx::Cx, enter, faces, state::Gateway};

/// Every route there is.
pub(crate) fn router(gateway: &Gateway) -> Router {
    Router::new()
        .nest("/api/v1", v1::routes())
        .merge(faces::gomall::routes())
        .merge(faces::guangyang::routes())
        .merge(wechat::routes())
        .route("/health", get(system::health))
        .route("/healthz", get(system::healthz))
        .route("/ready", get(system::ready))
        .route("/version", get(system::version))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(
            gateway.clone(),
            enter::enter,
        ))
        .with_state(gateway.clone())
}

async fn not_found(cx: Cx) -> Response {
    cx.refuse_early(&Reason::NotFound.into())
}

async fn method_not_allowed(cx: Cx) -> Response {
    cx.refuse_early(&Reason::MethodNotAllowed.into())
}
