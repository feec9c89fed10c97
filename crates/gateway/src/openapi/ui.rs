//! `/swagger/doc.json` and Swagger UI beside it, whose assets are in the binary.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use fault::Reason;

use crate::{
    cx::Cx,
    envelope,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Family, Routes},
    state::Gateway,
};

const DOCUMENT: &str = "/swagger/doc.json";

pub(crate) fn routes() -> Routes {
    use {Access::Public, Lane::Browse};
    let mut routes = Routes::new(Family::V1);
    routes.get(DOCUMENT, Browse, Public, document);
    routes.get("/swagger/{file}", Browse, Public, file).page();
    routes
}

async fn document(gateway: Gateway, cx: Cx) -> Response {
    match gateway.openapi() {
        Ok(document) => envelope::json(StatusCode::OK, document),
        Err(error) => {
            tracing::error!(%error, "the OpenAPI document cannot be made");
            cx.refuse(&Reason::Internal.into())
        }
    }
}

async fn file(cx: Cx, Path(file): Path<String>) -> Response {
    let config = Arc::new(utoipa_swagger_ui::Config::from(DOCUMENT));
    let found = utoipa_swagger_ui::serve(&file, config).ok().flatten();
    let kind = found
        .as_ref()
        .map(|file| HeaderValue::from_str(&file.content_type));
    let (Some(found), Some(Ok(kind))) = (found, kind) else {
        return cx.refuse(&Refusal::from(Reason::NotFound));
    };
    let mut response = Response::new(Body::from(found.bytes.into_owned()));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if found.gzpipped {
        let gzip = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, gzip);
    }
    response
}
