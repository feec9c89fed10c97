//! What happens to a call before and after its handler.

use std::{
    convert::Infallible,
    fmt::Debug,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use fault::Reason;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use subtle::ConstantTimeEq;
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::task::TaskTracker;
use tonic::{Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument, Span, field::Empty};

use crate::{
    SECRET, answer, deadline,
    metrics::{self, Call},
    status::refuse,
    trace_header,
};

/// Asked by orchestrators, which know no secret, also of a server that is full.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// What guards all calls of one server.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) service: &'static str,
    pub(crate) secret: Arc<str>,
    pub(crate) calls: Arc<Semaphore>,
    pub(crate) deadline_max: Duration,
    pub(crate) tracker: TaskTracker,
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            inner,
            guard: self.clone(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    guard: Guard,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Debug + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The routes are always ready: what is too much is refused, not kept waiting.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Measured here, before tonic starts its own clock on the same deadline.
        let start = Instant::now();
        let (guard, mut inner) = (self.guard.clone(), self.inner.clone());
        if request.uri().path().starts_with(HEALTH) {
            let call = inner.call(request);
            return Box::pin(async move { Ok(call.await.unwrap_or_else(|error| broken(&error))) });
        }
        Box::pin(async move { Ok(guard.handle(inner, request, start).await) })
    }
}

impl Guard {
    async fn handle<S>(
        self,
        mut inner: S,
        mut request: Request<Body>,
        start: Instant,
    ) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Debug + Send + 'static,
    {
        if !self.knows(request.headers()) {
            metrics::count_stranger(self.service);
            return Status::unauthenticated("not of this fleet").into_http();
        }
        request.headers_mut().remove(SECRET);
        let asked = deadline::read(request.headers()).unwrap_or(self.deadline_max);
        let due = start + asked.min(self.deadline_max);
        let mut call = Call::new(request.uri().clone(), start, due);
        let Ok(place) = Arc::clone(&self.calls).try_acquire_owned() else {
            let refusal = refuse(Reason::Unavailable, Some(1)).into_http();
            call.end(Reason::Unavailable.name());
            return refusal;
        };
        let span = span(&request);
        // In a task of its own: a caller that goes away, or whose time is up, must not drop a handler in the
        // middle of a database read. The place is kept for as long as the work goes on.
        let work = deadline::scope(due, inner.call(request));
        let work = async move { (work.await, place) };
        let work = self.tracker.spawn(work.instrument(span.clone()));
        let result = tokio::time::timeout_at(due, work).await;
        let _entered = span.enter();
        let refusal = match result {
            Ok(Ok((Ok(response), place))) => {
                let response = answer::begin(response, call, place);
                span.record("rpc.outcome", metrics::outcome(response.headers()));
                return response;
            }
            Ok(Ok((Err(error), _))) => broken(&error),
            Ok(Err(panic)) => {
                tracing::error!(%panic, "a handler panicked");
                refuse(Reason::Internal, None).into_http()
            }
            Err(_) => refuse(Reason::Timeout, None).into_http(),
        };
        let outcome = metrics::outcome(refusal.headers());
        span.record("rpc.outcome", outcome);
        call.end(outcome);
        refusal
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        headers
            .get(SECRET)
            .is_some_and(|said| said.as_bytes().ct_eq(self.secret.as_bytes()).into())
    }
}

/// `seckill.reserve`, a child of its caller's span.
fn span(request: &Request<Body>) -> Span {
    let path = request.uri().path();
    let name = metrics::names(path).map(|(service, verb)| format!("{service}.{verb}"));
    let span = tracing::info_span!(
        parent: None,
        "rpc",
        otel.name = name.as_deref().unwrap_or(path),
        otel.kind = "server",
        rpc.outcome = Empty,
    );
    trace_header::adopt(&span, request.headers());
    span
}

fn broken(error: &dyn Debug) -> Response<Body> {
    tracing::error!(?error, "the stack below a handler failed");
    refuse(Reason::Internal, None).into_http()
}
