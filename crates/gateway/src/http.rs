//! The canonical API and the table of all routes.

pub(crate) mod system;
pub(crate) mod v1;
mod wechat;

use axum::response::Response;
use fault::Reason;

use crate::{compat, cx::Cx, openapi, route::Table};

/// Every route there is.
pub(crate) fn table() -> anyhow::Result<Table> {
    Table::new(vec![
        v1::routes(),
        compat::gomall::routes(),
        compat::guangyang::routes(),
        wechat::routes(),
        system::routes(),
        openapi::routes(),
    ])
}

pub(crate) async fn not_found(cx: Cx) -> Response {
    cx.refuse_early(&Reason::NotFound.into())
}

pub(crate) async fn method_not_allowed(cx: Cx) -> Response {
    cx.refuse_early(&Reason::MethodNotAllowed.into())
}
