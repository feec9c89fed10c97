//! What a request passes before its handler: who and where from, its lane and limits, time, trace
//! and headers.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::Response,
};
use fault::Reason;
use ipnet::IpNet;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

use crate::{
    cx::{Cx, Family, Inner},
    lane::Lane,
    limit::TooOften,
    refusal::Refusal,
    state::Gateway,
    tally::{count, label},
};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES_MAX: usize = 64;

pub(crate) async fn enter(
    State(gateway): State<Gateway>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let lane = Lane::of(request.method(), request.uri().path());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{} {route}", label(&method)),
        otel.kind = "server"
    );
    if let Some(parent) = text(request.headers(), "traceparent") {
        trace::set_parent(&span, parent);
    }
    let trace_id = span.in_scope(trace::current_trace_id);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
    let caller = Caller::of(request.headers(), request.uri(), peer);
    let cx = context(&gateway, caller, trace_id.unwrap_or_default());
    request.extensions_mut().insert(cx.clone());
    let mut response = pass(&gateway, &cx, lane, request, next)
        .instrument(span)
        .await;
    decorate(response.headers_mut(), &cx);
    count(lane, &route, label(&method), response.status(), start);
    response
}

async fn pass(
    gateway: &Gateway,
    cx: &Cx,
    lane: Lane,
    request: Request<Body>,
    next: Next,
) -> Response {
    if let Err(refusal) = admit(gateway, cx, lane) {
        return cx.refuse_early(&refusal);
    }
    let Some(place) = gateway.lanes.enter(lane) else {
        return cx.refuse_early(&Reason::Unavailable.into());
    };
    // In a task of its own: a panic ends one request, and a caller that goes away drops nothing
    // halfway.
    let work = async move {
        let response = next.run(request).await;
        drop(place);
        response
    };
    let work = tokio::spawn(work.in_current_span());
    let limit = match lane {
        Lane::Upload => gateway.config.http.upload_timeout(),
        Lane::Seckill
        | Lane::Browse
        | Lane::Account
        | Lane::Money
        | Lane::Compare
        | Lane::Admin => gateway.config.http.request_timeout(),
    };
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(%panic, "a handler panicked");
            cx.refuse_early(&Reason::Internal.into())
        }
        Err(_) => cx.refuse_early(&Reason::Timeout.into()),
    }
}

pub(crate) fn admit(gateway: &Gateway, cx: &Cx, lane: Lane) -> Result<(), Refusal> {
    let limits = &gateway.limits;
    let refuse = |reason: Reason| {
        move |TooOften(seconds)| Refusal {
            retry_after_s: Some(seconds),
            ..reason.into()
        }
    };
    limits
        .address(cx.0.address)
        .map_err(refuse(Reason::TooManyRequests))?;
    if let Ok(Some(caller)) = &cx.0.caller {
        match lane {
            Lane::Seckill => {
                limits
                    .seckill(caller.user.get())
                    .map_err(refuse(Reason::SeckillRateLimited))?;
            }
            Lane::Browse
            | Lane::Account
            | Lane::Money
            | Lane::Compare
            | Lane::Upload
            | Lane::Admin => {
                limits
                    .user(caller.user.get())
                    .map_err(refuse(Reason::TooManyRequests))?;
            }
        }
    }
    Ok(())
}

/// What of a request says where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    headers: &'a HeaderMap,
    path: &'a str,
    peer: IpAddr,
}

impl<'a> Caller<'a> {
    pub(crate) fn of(headers: &'a HeaderMap, uri: &'a Uri, peer: IpAddr) -> Self {
        Self {
            headers,
            path: uri.path(),
            peer,
        }
    }
}

pub(crate) fn context(gateway: &Gateway, from: Caller<'_>, trace_id: String) -> Cx {
    let Caller {
        headers,
        path,
        peer,
    } = from;
    let now_ms = gateway.clock.now_ms();
    Cx(Arc::new(Inner {
        family: Family::of(path),
        request_id: request_id(headers),
        trace_id,
        now_ms,
        address: client_address(peer, headers, &gateway.config.http.trusted_proxies),
        caller: caller(gateway, headers, now_ms),
    }))
}

/// The request's own id if it brings a sane one.
fn request_id(headers: &HeaderMap) -> String {
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

/// `Bearer <token>`, the scheme in any case, or the bare token.
fn caller(
    gateway: &Gateway,
    headers: &HeaderMap,
    now_ms: i64,
) -> Result<Option<auth::Principal>, auth::TokenError> {
    let Some(value) = text(headers, header::AUTHORIZATION.as_str()) else {
        return Ok(None);
    };
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return Err(auth::TokenError::Invalid),
        None => value,
    };
    gateway.caller(token, now_ms).map(Some)
}

pub(crate) fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The right-most address of `X-Forwarded-For` that no trusted proxy wrote; without one in front,
/// the peer.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| is_within(trusted, *address);
    if !is_trusted(&peer) {
        return peer;
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        // What cannot be read was not written by a proxy of ours.
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            return client;
        };
        client = address;
        if !is_trusted(&address) {
            return client;
        }
    }
    client
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

pub(crate) fn decorate(headers: &mut HeaderMap, cx: &Cx) {
    if let Ok(id) = HeaderValue::from_str(&cx.0.request_id) {
        headers.insert(REQUEST_ID, id);
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
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
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
        ])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[tokio::test]
    async fn a_panic_ends_one_request() {
        let (ctx, _) = testkit::ctx(crate::NAME);
        let config = service::config::from_layers(crate::NAME, crate::DEFAULTS, None, &[]);
        let gateway = crate::parts(&ctx, config.unwrap()).unwrap();
        let panics = axum::routing::get(async || -> &'static str { panic!("on purpose") });
        let layer = axum::middleware::from_fn_with_state(gateway, enter);
        let router = axum::Router::new().route("/panic", panics).layer(layer);
        for _ in 0..2 {
            let request = Request::get("/panic").body(Body::empty()).unwrap();
            let answer = tower::ServiceExt::oneshot(router.clone(), request)
                .await
                .unwrap();
            assert_eq!(answer.status(), 500);
        }
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        assert_eq!(client("203.0.113.9", "1.2.3.4"), "203.0.113.9");
        assert_eq!(client("10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(client("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
