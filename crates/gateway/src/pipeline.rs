//! The one way in, the same for every route: address → limit → auth → body → lane → deadline →
//! handler. What is cheap to refuse is refused first, and nothing is held for a caller that is
//! still sending.

use std::{
    convert::Infallible,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::Body,
    http::{Method, Request, header},
    response::Response,
};
use fault::{Fault, Reason};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either},
};
use hyper::body::Incoming;
use tower::{Layer, Service};
use tower_http::cors::{Cors, CorsLayer};
use trace::Head;
use tracing::{Instrument, Span};

use crate::{
    body::{self, MinimumRate},
    client,
    connection::Connection,
    cx::{Cx, Inner},
    handler::Call,
    headers::{self, text},
    in_flight::{Held, InFlight},
    lane::{Lane, Place},
    limit::{Share, TooOften},
    refusal::Refusal,
    route::{Access, BodyLimit, Params, Route, Table},
    security,
    site::Site,
    state::Gateway,
};

/// What all connections share.
pub(crate) struct Shared {
    gateway: Gateway,
    table: Table,
    site: Option<Arc<Site>>,
    cors: CorsLayer,
}

/// Makes the service of each connection; none where its network has its share already.
pub(crate) fn connect(
    gateway: Gateway,
    table: Table,
    site: Option<Arc<Site>>,
) -> impl Fn(SocketAddr) -> Option<Entry> + use<> {
    let cors = headers::cors(&gateway.config.http.cors_origins);
    let connections = InFlight::new(gateway.config.http.connections_per_network);
    let shared = Arc::new(Shared {
        gateway,
        table,
        site,
        cors,
    });
    move |peer| {
        let proxies = &shared.gateway.config.http.trusted_proxies;
        let connection = Connection::new(peer, proxies);
        let is_counted = !connection.is_proxy() && !shared.gateway.limits.is_unlimited(peer.ip());
        let held = if is_counted {
            Some(Arc::new(connections.hold(peer.ip())?))
        } else {
            None
        };
        Some(Entry {
            pipeline: Pipeline {
                connection: Arc::new(connection),
                shared: Arc::clone(&shared),
            },
            _held: held,
        })
    }
}

/// One connection's service: the pipeline, and around it what browsers ask of other origins.
#[derive(Clone)]
pub(crate) struct Entry {
    pipeline: Pipeline,
    /// The connection's part of its network's share.
    _held: Option<Arc<Held>>,
}

#[derive(Clone)]
pub(crate) struct Pipeline {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
}

type Answer = BoxFuture<'static, Result<Response, Infallible>>;

impl Service<Request<Incoming>> for Entry {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Answer, <Cors<Pipeline> as Service<Request<Incoming>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let from_a_page = request.headers().contains_key(header::ORIGIN);
        if from_a_page || *request.method() == Method::OPTIONS {
            let pipeline = self.pipeline.clone();
            Either::Right(self.pipeline.shared.cors.layer(pipeline).call(request))
        } else {
            Either::Left(self.pipeline.call(request))
        }
    }
}

impl Service<Request<Incoming>> for Pipeline {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Answer {
        Box::pin(serve(self.clone(), request).map(Ok))
    }
}

async fn serve(pipeline: Pipeline, request: Request<Incoming>) -> Response {
    let Pipeline { shared, connection } = pipeline;
    connection.back_off().await;
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let (route, params) = shared.table.find(&parts.method, parts.uri.path());
    if route.is_miss()
        && let Some(site) = &shared.site
        && let Some(response) = site.answer(&parts.method, parts.uri.path(), &parts.headers)
    {
        site.metrics.count(response.status(), start);
        return response;
    }
    let gateway = &shared.gateway;
    let trace_parent = text(&parts.headers, "traceparent");
    let head = Head::draw(trace_parent, gateway.config.service.trace_kept());
    let span = span(route, &head);
    let cx = context(gateway, route, &connection, &parts, &head, &span);
    let passage = Passage {
        gateway,
        connection: &connection,
        route,
        cx: &cx,
        start,
    };
    // Pinned where it is made: moving it into each of the wrappers costs more than they do.
    let work = pin!(passage.pass(params, parts, body).instrument(span));
    let mut response = work.await;
    let is_ok = response.status().is_success();
    headers::decorate(response.headers_mut(), route, is_ok, &cx);
    route.metrics.count(response.status(), start);
    response
}

/// Only of a trace that is kept where a request costs less than its span.
fn span(route: &Route, head: &Head) -> Span {
    if route.inline && !head.is_kept() {
        return Span::none();
    }
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{} {}", route.method, route.path),
        otel.kind = "server",
        trace.drawn = head.is_kept(),
    );
    head.begin(&span);
    span
}

fn context(
    gateway: &Gateway,
    route: &Route,
    connection: &Connection,
    parts: &http::request::Parts,
    head: &Head,
    span: &Span,
) -> Cx {
    let now_ms = gateway.clock.now_ms();
    let trusted = &gateway.config.http.trusted_proxies;
    let trace_id = span.in_scope(trace::current_trace_id);
    Cx(Arc::new(Inner {
        family: route.family,
        request_id: headers::request_id(&parts.headers),
        trace_id: trace_id.unwrap_or_else(|| head.trace_id()),
        now_ms,
        address: client::address(connection.peer().ip(), &parts.headers, trusted),
        caller: client::principal(gateway, &parts.headers, now_ms),
    }))
}

/// One request on its way to its handler.
struct Passage<'a> {
    gateway: &'a Gateway,
    connection: &'a Connection,
    route: &'a Arc<Route>,
    cx: &'a Cx,
    start: Instant,
}

impl Passage<'_> {
    async fn pass(&self, params: Params, parts: http::request::Parts, body: Incoming) -> Response {
        let share = match self.admit() {
            Ok(share) => share,
            Err(refusal) => return self.shed(&refusal),
        };
        let deadline = self.deadline();
        let (bytes, stream) = match self.route.body {
            BodyLimit::Unread => (bytes::Bytes::new(), None),
            BodyLimit::Streamed => (bytes::Bytes::new(), Some(Body::new(body))),
            BodyLimit::Bytes(max) => match self.read(body, max, deadline).await {
                Ok(bytes) => (bytes, None),
                Err(reason) => return self.unread(&reason.into()),
            },
        };
        let Ok(place) = self.gateway.lanes.enter(self.route.lane) else {
            return self.shed(&Reason::Unavailable.into());
        };
        let call = Call {
            gateway: self.gateway.clone(),
            cx: self.cx.clone(),
            params,
            parts,
            body: bytes,
            stream,
        };
        self.handle(call, (place, share), deadline).await
    }

    /// What is known from the head alone. Probes pass whatever else their network does.
    fn admit(&self) -> Result<Share, Refusal> {
        let (limits, address) = (&self.gateway.limits, self.cx.0.address);
        limits.address(address)?;
        self.authorize()?;
        if let Ok(Some(caller)) = &self.cx.0.caller {
            limits.caller(self.route.lane, caller.user.get())?;
        }
        match self.route.lane {
            Lane::Exempt => Ok(Share::default()),
            lane => limits.share(address, lane),
        }
    }

    fn authorize(&self) -> Result<(), Refusal> {
        let cx = self.cx;
        let authorized = match self.route.access {
            Access::Public => return Ok(()),
            Access::Optional => match &cx.0.caller {
                Ok(_) => Ok(()),
                Err(error) => Err(error.reason().into()),
            },
            Access::User => cx.user().map(drop),
            Access::Admin => cx.admin().map(drop),
        };
        if authorized.is_err() {
            if cx.0.caller.is_err() {
                security::record(cx, security::Event::TokenRefused);
            } else if self.route.access == Access::Admin {
                security::record(cx, security::Event::AdminRefused);
            }
        }
        authorized
    }

    fn deadline(&self) -> Instant {
        let http = &self.gateway.config.http;
        self.start
            + match self.route.body {
                BodyLimit::Streamed => http.upload_timeout(),
                BodyLimit::Unread | BodyLimit::Bytes(_) => http.request_timeout(),
            }
    }

    async fn read(
        &self,
        body: Incoming,
        max: usize,
        deadline: Instant,
    ) -> Result<bytes::Bytes, Reason> {
        let http = &self.gateway.config.http;
        let (max, rate) = (max.min(http.body_bytes_max), MinimumRate::new(http));
        body::read(body, max, rate, self.connection, deadline).await
    }

    /// A panic ends one request. See [`Route::inline`] for the two ways to run.
    async fn handle(&self, call: Call, held: (Place, Share), deadline: Instant) -> Response {
        let work = self.route.handle(call);
        let done = if self.route.inline {
            let work = pin!(AssertUnwindSafe(work).catch_unwind());
            let done = self.connection.by(deadline, work).await;
            drop(held);
            done.map(|done| done.map_err(drop))
        } else {
            let work = async move {
                let response = work.await;
                drop(held);
                response
            };
            let work = pin!(tokio::spawn(work.in_current_span()));
            let done = self.connection.by(deadline, work).await;
            done.map(|done| done.map_err(drop))
        };
        match done {
            Some(Ok(response)) => response,
            Some(Err(())) => self.cx.refuse_early(&Reason::Internal.into()),
            None => self.cx.refuse_early(&Reason::Timeout.into()),
        }
    }

    /// The rest of the body is not read, so the connection ends with the answer. The client has to
    /// know, or its next request on it is lost.
    fn unread(&self, refusal: &Refusal) -> Response {
        let mut response = self.cx.refuse_early(refusal);
        let close = header::HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }

    fn shed(&self, refusal: &Refusal) -> Response {
        self.connection.shed(refusal);
        self.cx.refuse_early(refusal)
    }
}

pub(crate) fn too_often(reason: Reason, TooOften(seconds): TooOften) -> Refusal {
    Refusal {
        retry_after_s: Some(seconds),
        ..reason.into()
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
