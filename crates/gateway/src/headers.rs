//! Headers that every answer carries, and what pages of other origins are allowed.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{cx::Cx, route::Route};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 64;
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Answers to programs load nothing.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);
/// A second: as fresh as the gateway's own copy of a public answer.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=1");

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The request's own id if it brings a sane one.
pub(crate) fn request_id(headers: &HeaderMap) -> String {
    let sane = |id: &&str| {
        !id.is_empty()
            && id.len() <= REQUEST_ID_BYTES_MAX
            && id.bytes().all(|b| b.is_ascii_graphic())
    };
    text(headers, REQUEST_ID.as_str())
        .filter(sane)
        .map_or_else(new_id, str::to_owned)
}

fn new_id() -> String {
    let id = uuid::Builder::from_random_bytes(rand::random());
    id.into_uuid().simple().to_string()
}

pub(crate) fn decorate(headers: &mut HeaderMap, route: &Route, is_ok: bool, cx: &Cx) {
    if let Ok(id) = HeaderValue::from_str(&cx.0.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    // An administrator sees what others must not.
    if route.cacheable && is_ok && cx.admin().is_err() {
        headers.insert(header::CACHE_CONTROL, CACHEABLE);
        // Written by the CORS layer too, which sees only requests of pages.
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    } else {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        if route.page { PAGE } else { NO_PAGE },
    );
}

pub(crate) fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    let own = |name: &'static str| HeaderName::from_static(name);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::ORIGIN,
            own("x-requested-with"),
            REQUEST_ID,
            own("idempotency-key"),
            own("x-idempotency-key"),
            own("x-cart-token"),
        ])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
}
