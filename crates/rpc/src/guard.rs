//! What happens to a call before and after its handler.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use fault::Reason;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument;

use crate::{SECRET, metrics, status::refuse, trace};

/// What guards all calls of one server.
#[derive(Clone)]
pub(crate) struct Guard {
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
    S::Error: std::fmt::Debug + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (guard, inner) = (self.guard.clone(), self.inner.clone());
        Box::pin(async move {
            let start = Instant::now();
            let path = request.uri().path().to_owned();
            let response = guard.handle(inner, request).await;
            if let Some(verb) = metrics::of(&path) {
                verb.observe(start.elapsed(), metrics::outcome(response.headers()));
            }
            Ok(response)
        })
    }
}

impl Guard {
    async fn handle<S>(self, mut inner: S, request: Request<Body>) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: std::fmt::Debug + Send + 'static,
    {
        let path = request.uri().path();
        let ours = path.starts_with("/mall.");
        if ours && !self.knows(request.headers()) {
            return refuse(Reason::NotLoggedIn, None).into_http();
        }
        let Ok(permit) = Arc::clone(&self.calls).try_acquire_owned() else {
            return refuse(Reason::Unavailable, Some(1)).into_http();
        };
        let name = metrics::names(path).map(|(service, verb)| format!("{service}.{verb}"));
        let span = tracing::info_span!(
            "rpc",
            otel.name = name.as_deref().unwrap_or(path),
            otel.kind = "server"
        );
        trace::adopt(&span, request.headers());
        let limit =
            deadline(request.headers()).map_or(self.deadline_max, |d| d.min(self.deadline_max));
        // In a task of its own: a caller that goes away, or whose time is up, must not drop a handler in the
        // middle of a database read.
        let call = inner.call(request);
        let work = async move {
            let answer = call.await;
            drop(permit);
            answer
        };
        let work = self.tracker.spawn(work.instrument(span.clone()));
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(error))) => {
                tracing::error!(parent: &span, ?error, "the handler's stack failed");
                refuse(Reason::Internal, None).into_http()
            }
            Ok(Err(panic)) => {
                tracing::error!(parent: &span, %panic, "a handler panicked");
                refuse(Reason::Internal, None).into_http()
            }
            Err(_) => refuse(Reason::Timeout, None).into_http(),
        }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        headers
            .get(SECRET)
            .is_some_and(|said| said.as_bytes().ct_eq(self.secret.as_bytes()).into())
    }
}

/// `grpc-timeout`: up to eight digits and a unit.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount.saturating_mul(3_600)),
        "M" => Duration::from_secs(amount.saturating_mul(60)),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}
