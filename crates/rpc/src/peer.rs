//! Calls to another service.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use secrecy::ExposeSecret;
use tonic::{
    Status,
    body::Body,
    transport::{Channel as Transport, Endpoint, channel::Change},
};
use tower::Service;

use crate::{FleetConfig, PeerConfig, SECRET, breaker::Breaker, trace};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How soon a new address of a name is used.
const RESOLVE_PERIOD: Duration = Duration::from_secs(5);
/// Addresses that may change at once.
const CHANGES_MAX: usize = 64;

/// A lazy connection to a peer, or to all of its replicas. Cheap to clone.
#[derive(Clone)]
pub struct Channel {
    transport: Transport,
    secret: HeaderValue,
    timeout: Duration,
    breaker: Arc<Breaker>,
}

/// Connects at the first call. Must be called inside the runtime; an address that cannot be parsed is never
/// reached, so a configuration checks it first.
pub fn peer(config: &PeerConfig, fleet: &FleetConfig) -> Channel {
    let mut secret = HeaderValue::try_from(fleet.secret.expose_secret())
        .unwrap_or_else(|_| HeaderValue::from_static("not a header value"));
    secret.set_sensitive(true);
    Channel {
        transport: transport(&config.url),
        secret,
        timeout: Duration::from_millis(config.timeout_ms),
        breaker: Arc::default(),
    }
}

fn transport(url: &str) -> Transport {
    let host = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .trim_end_matches('/');
    let literal = host.parse::<SocketAddr>().is_ok() || host.starts_with("localhost");
    match endpoint(url) {
        Some(endpoint) if literal => endpoint.connect_lazy(),
        _ => balanced(host.to_owned()),
    }
}

fn endpoint(url: &str) -> Option<Endpoint> {
    let endpoint = Endpoint::from_shared(url.to_owned()).ok()?;
    Some(
        endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20),
    )
}

/// A name is resolved again and again: a connection would stay with the replica that it found first.
fn balanced(host: String) -> Transport {
    let (transport, changes) = Transport::balance_channel::<SocketAddr>(CHANGES_MAX);
    tokio::spawn(async move {
        let mut known = HashSet::new();
        while !changes.is_closed() {
            if let Ok(found) = tokio::net::lookup_host(&host).await {
                let found: HashSet<SocketAddr> = found.collect();
                for gone in known.difference(&found) {
                    let _ = changes.send(Change::Remove(*gone)).await;
                }
                for new in found.difference(&known) {
                    if let Some(endpoint) = endpoint(&format!("http://{new}")) {
                        let _ = changes.send(Change::Insert(*new, endpoint)).await;
                    }
                }
                known = found;
            }
            tokio::time::sleep(RESOLVE_PERIOD).await;
        }
    });
    transport
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Readiness is awaited inside the call, under its deadline.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        headers.insert(SECRET, self.secret.clone());
        trace::inject(headers);
        let own = headers.contains_key("grpc-timeout");
        if !own && let Ok(value) = HeaderValue::try_from(format!("{}m", self.timeout.as_millis())) {
            headers.insert("grpc-timeout", value);
        }
        let Self {
            mut transport,
            timeout,
            breaker,
            ..
        } = self.clone();
        Box::pin(async move {
            if !breaker.allows() {
                return Err(Status::unavailable(
                    "resting after failures to reach the peer",
                ));
            }
            let call = async {
                std::future::poll_fn(|context| transport.poll_ready(context)).await?;
                transport.call(request).await
            };
            // A caller that set its own deadline also waits for it itself (tonic does).
            let answer = if own {
                Ok(call.await)
            } else {
                tokio::time::timeout(timeout, call).await
            };
            match answer {
                Ok(Ok(response)) => {
                    breaker.reached();
                    Ok(response)
                }
                Ok(Err(error)) => {
                    breaker.failed();
                    Err(Status::unavailable(fault::chain(&error)))
                }
                Err(_) => Err(Status::deadline_exceeded("the peer took too long")),
            }
        })
    }
}
