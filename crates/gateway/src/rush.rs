//! The rush: a buyer in a sale takes the short way. It passes the same checks as every request
//! (`enter`) and reaches the same handler, but meets no router, and has no task of its own, and a
//! span only when its trace is kept. Nothing is lost when such a caller goes away: what has been
//! handed to seckill is finished there.

use std::{
    convert::Infallible,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, header},
    response::Response,
};
use fault::Reason;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either},
};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tower::{Layer, Service};
use tower_http::cors::Cors;
use trace::Head;
use tracing::{Instrument, Span};

use crate::{
    body::bounded,
    cx::Cx,
    enter::{self, Caller},
    faces::gomall,
    http::v1,
    lane::Lane,
    refusal::Refusal,
    state::Gateway,
    tally::Tally,
    visitor::Visitor,
};

/// The whole gateway, as its server sees it.
pub(crate) fn front(gateway: &Gateway, router: Router) -> impl Fn(SocketAddr) -> Front + use<> {
    let inner = Inner {
        gateway: gateway.clone(),
        router,
    };
    let doors = Arc::new(Doors {
        cors: enter::cors(&gateway.config.http.cors_origins).layer(inner.clone()),
        inner,
    });
    let gateway = gateway.clone();
    move |peer| Front {
        doors: Arc::clone(&doors),
        visitor: Arc::new(Visitor::new(peer, &gateway.config.http.trusted_proxies)),
    }
}

/// One connection's way in. Pages of other origins are told what they may read; a buyer who comes
/// from no page is not.
#[derive(Clone)]
pub(crate) struct Front {
    doors: Arc<Doors>,
    visitor: Arc<Visitor>,
}

struct Doors {
    cors: Cors<Inner>,
    inner: Inner,
}

/// Tells the rush from everybody else.
#[derive(Clone)]
pub(crate) struct Inner {
    gateway: Gateway,
    router: Router,
}

/// Where a buyer is on the way to.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Activity(String),
    Gomall,
}

impl Way {
    /// A path that is odd in any way is the router's business.
    fn of(method: &Method, path: &str) -> Option<Self> {
        if method != Method::POST {
            return None;
        }
        if path == "/api/seckill" {
            return Some(Self::Gomall);
        }
        let activity = path
            .strip_prefix("/api/v1/seckill/activities/")?
            .strip_suffix("/orders")?;
        let is_number = !activity.is_empty() && activity.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self::Activity(activity.to_owned()))
    }

    const fn route(&self) -> &'static str {
        match self {
            Self::Activity(_) => "/api/v1/seckill/activities/{id}/orders",
            Self::Gomall => "/api/seckill",
        }
    }

    fn tally(&self) -> &'static Tally {
        static TALLIES: LazyLock<[Tally; 2]> = LazyLock::new(|| {
            [Way::Activity(String::new()), Way::Gomall]
                .map(|way| Tally::of(Lane::Seckill, way.route(), "POST"))
        });
        let [activity, gomall] = &*TALLIES;
        match self {
            Self::Activity(_) => activity,
            Self::Gomall => gomall,
        }
    }
}

type Answer = BoxFuture<'static, Result<Response, Infallible>>;

impl Service<Request<Incoming>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Answer, <Cors<Inner> as Service<Request<Incoming>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        // Others' answers may be kept by a cache, and have to say that they depend on the origin.
        if request.method() == Method::POST && !request.headers().contains_key(header::ORIGIN) {
            Either::Left(self.doors.inner.serve(request, &self.visitor))
        } else {
            request.extensions_mut().insert(Arc::clone(&self.visitor));
            Either::Right(self.doors.cors.clone().call(request))
        }
    }
}

impl Service<Request<Incoming>> for Inner {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        match request.extensions_mut().remove::<Arc<Visitor>>() {
            Some(visitor) => self.serve(request, &visitor),
            None => self.router.call(request).boxed(),
        }
    }
}

impl Inner {
    fn serve(&self, mut request: Request<Incoming>, visitor: &Arc<Visitor>) -> Answer {
        if let Some(way) = Way::of(request.method(), request.uri().path()) {
            return purchase(self.gateway.clone(), way, Arc::clone(visitor), request).boxed();
        }
        request.extensions_mut().insert(ConnectInfo(visitor.peer()));
        self.router.clone().call(request).boxed()
    }
}

async fn purchase(
    gateway: Gateway,
    way: Way,
    visitor: Arc<Visitor>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    visitor.waits().await;
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let trace_parent = enter::text(&parts.headers, "traceparent");
    let head = Head::draw(trace_parent, gateway.config.service.trace_kept());
    let span = span(&way, head, trace_parent);
    let trace_id = span.in_scope(trace::current_trace_id);
    let caller = Caller::of(&parts.headers, &parts.uri, visitor.peer().ip());
    let cx = enter::context(
        &gateway,
        caller,
        trace_id.unwrap_or_else(|| head.trace_id()),
    );
    let mut response = match admit(&gateway, &cx) {
        Ok(_place) => {
            // Pinned where it is made: moving it into each of the wrappers costs more than they do.
            let answer = pin!(answer(&gateway, &cx, &way, &parts.headers, body));
            let answer = pin!(AssertUnwindSafe(answer.instrument(span)).catch_unwind());
            let deadline = start + gateway.config.http.request_timeout();
            match visitor.by(deadline, answer).await {
                Some(Ok(response)) => response,
                Some(Err(_)) => cx.refuse_early(&Reason::Internal.into()),
                None => cx.refuse_early(&Reason::Timeout.into()),
            }
        }
        Err(refusal) => {
            visitor.was_shed(&refusal);
            cx.refuse_early(&refusal)
        }
    };
    enter::decorate(response.headers_mut(), &cx);
    way.tally().count(response.status(), start);
    Ok(response)
}

fn span(way: &Way, head: Head, trace_parent: Option<&str>) -> Span {
    if !head.is_kept() {
        return Span::none();
    }
    let span = tracing::info_span!(
        "http",
        otel.name = format!("POST {}", way.route()),
        otel.kind = "server",
        trace.drawn = true
    );
    if let Some(parent) = trace_parent {
        trace::set_parent(&span, parent);
    }
    span
}

/// A place in the lane.
fn admit(gateway: &Gateway, cx: &Cx) -> Result<OwnedSemaphorePermit, Refusal> {
    enter::admit(gateway, cx, Lane::Seckill)?;
    let place = gateway.lanes.enter(Lane::Seckill);
    place.ok_or_else(|| Reason::Unavailable.into())
}

async fn answer(
    gateway: &Gateway,
    cx: &Cx,
    way: &Way,
    headers: &HeaderMap,
    body: Incoming,
) -> Response {
    let body = match bounded(body, gateway.config.http.body_bytes_max).await {
        Ok(body) => body,
        Err(reason) => return cx.refuse_early(&reason.into()),
    };
    match way {
        Way::Activity(activity) => {
            v1::purchases::answer(gateway, cx, headers, activity, &body).await
        }
        Way::Gomall => gomall::seckill::answer(gateway, cx, headers, &body).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_purchases_take_the_short_way() {
        let way = |method: Method, path| Way::of(&method, path);
        let activity = "/api/v1/seckill/activities/7/orders";
        assert_eq!(way(Method::POST, activity), Some(Way::Activity("7".into())));
        assert_eq!(way(Method::POST, "/api/seckill"), Some(Way::Gomall));
        for path in [
            "/api/v1/seckill/activities//orders",
            "/api/v1/seckill/activities/7%20/orders",
            "/api/v1/seckill/activities/7/8/orders",
            "/api/v1/seckill/activities/7/orders/",
            "/api/seckill/init",
        ] {
            assert_eq!(way(Method::POST, path), None, "{path}");
        }
        assert_eq!(way(Method::GET, activity), None);
    }
}
