//! Calls to another service.

use std::{
    error::Error,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri, request::Parts};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tonic::{Status, TimeoutExpired, body::Body, transport::Channel as Transport};
use tower::Service;

use crate::{
    FleetConfig, PeerConfig, SECRET, balance,
    breaker::Breaker,
    budget::Budget,
    deadline,
    lent::Place,
    metrics::{Trouble, count_trouble},
    trace_header,
};

/// Before a call goes out again that did not reach its peer: time to find another replica.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// A lazy connection to a peer, or to all of its replicas. Cheap to clone.
///
/// Every call carries the fleet's secret, the current trace and a deadline: its own, or the configured one, and
/// never beyond that of the call that is being answered here. The deadline is for the answer to begin; a stream
/// that has begun goes on. A call of which nothing was sent goes out once more, if the budget allows.
#[derive(Clone)]
pub struct Channel {
    transport: Transport,
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    secret: HeaderValue,
    timeout: Duration,
    breaker: Breaker,
    budget: Budget,
}

/// Connects at the first call. Must be called inside the runtime; an address that cannot be parsed is never
/// reached, so a configuration refuses it first.
pub fn peer(config: &PeerConfig, fleet: &FleetConfig) -> Channel {
    let urls = config.url.split(',');
    let uris: Vec<Uri> = urls.filter_map(|url| url.trim().parse().ok()).collect();
    let authority = uris.first().and_then(Uri::authority);
    let mut secret = HeaderValue::try_from(fleet.secret.expose_secret())
        .unwrap_or_else(|_| HeaderValue::from_static(""));
    secret.set_sensitive(true);
    Channel {
        transport: balance::transport(&uris),
        shared: Arc::new(Shared {
            name: authority.map(ToString::to_string).unwrap_or_default(),
            secret,
            timeout: Duration::from_millis(config.timeout_ms),
            breaker: Breaker::default(),
            budget: Budget::default(),
        }),
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Readiness is awaited inside the call, under its deadline.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let limit = deadline::read(&parts.headers).unwrap_or(self.shared.timeout);
        let due = Instant::now() + limit;
        let due = deadline::inherited().map_or(due, |inherited| inherited.min(due));
        parts.headers.insert(SECRET, self.shared.secret.clone());
        trace_header::inject(&mut parts.headers);
        Box::pin(self.clone().send(parts, body, due))
    }
}

/// Why there is no answer.
enum Failure {
    /// Nothing was sent: the peer has not begun, and never will.
    Unreached {
        body: Body,
        why: String,
    },
    /// The connection broke; the peer may have done the work or not.
    Broken(String),
    Late,
}

impl Channel {
    async fn send(
        mut self,
        parts: Parts,
        body: Body,
        due: Instant,
    ) -> Result<Response<Body>, Status> {
        let shared = Arc::clone(&self.shared);
        if !shared.breaker.allows() {
            count_trouble(&shared.name, Trouble::Rested);
            return Err(Status::unavailable(
                "resting after failures to reach the peer",
            ));
        }
        shared.budget.earn();
        let mut failure = match self.attempt(parts.clone(), body, due).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        if let Failure::Unreached { body, why } = failure {
            let again = Instant::now() + RETRY_AFTER;
            if again >= due || !shared.breaker.is_closed() || !shared.budget.spend() {
                return Err(Status::unavailable(why));
            }
            count_trouble(&shared.name, Trouble::Retried);
            tokio::time::sleep_until(again).await;
            failure = match self.attempt(parts, body, due).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
        }
        Err(match failure {
            Failure::Unreached { why, .. } | Failure::Broken(why) => Status::unavailable(why),
            Failure::Late => Status::deadline_exceeded("the peer took too long"),
        })
    }

    async fn attempt(
        &mut self,
        mut parts: Parts,
        body: Body,
        due: Instant,
    ) -> Result<Response<Body>, Failure> {
        let left = due.saturating_duration_since(Instant::now());
        deadline::write(&mut parts.headers, left);
        let place = Place::new(body);
        let request = Request::from_parts(parts, Body::new(place.lend()));
        let call = async {
            std::future::poll_fn(|context| self.transport.poll_ready(context)).await?;
            self.transport.call(request).await
        };
        let error = match tokio::time::timeout_at(due, call).await {
            Ok(Ok(response)) => {
                self.shared.breaker.reached();
                return Ok(response);
            }
            Ok(Err(error)) => Some(error).filter(|error| !is_timeout(error)),
            Err(_) => None,
        };
        let why = error.as_ref().map(|error| fault::chain(error));
        let failure = match (place.take(), why) {
            (Some(body), why) => {
                let why = why.unwrap_or_else(|| "no connection in time".to_owned());
                Failure::Unreached { body, why }
            }
            (None, Some(why)) => Failure::Broken(why),
            (None, None) => return Err(Failure::Late),
        };
        self.shared.breaker.failed();
        count_trouble(&self.shared.name, Trouble::Unreached);
        Err(failure)
    }
}

/// Whether tonic's own clock on the same deadline was the first to ring.
fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .any(<dyn Error>::is::<TimeoutExpired>)
}
