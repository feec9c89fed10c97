use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use http::Request;
use secrecy::ExposeSecret;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    body::Body,
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::Service;

use crate::{FleetConfig, ServerConfig, guard::Guard};

/// A dead caller is noticed after both.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// Calls of one connection beyond the limit: they have to arrive to be told that there are too many.
const STREAMS_SPARE: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("port {address} (grpc.listen) cannot be listened on")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: io::Error,
    },
    #[error("reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
    #[error("fleet.secret is empty")]
    NoSecret,
}

/// A service's gRPC server in the making.
///
/// A unary handler runs to its end whatever its caller does. A handler whose stream has no end of its own ends
/// it when the process stops: the server waits for every call that is under way.
pub struct Server {
    name: &'static str,
    config: ServerConfig,
    secret: Arc<str>,
    routes: RoutesBuilder,
    descriptors: Option<&'static [u8]>,
}

impl Server {
    pub fn new(name: &'static str, config: &ServerConfig, fleet: &FleetConfig) -> Self {
        Self {
            name,
            config: config.clone(),
            secret: fleet.secret.expose_secret().into(),
            routes: RoutesBuilder::default(),
            descriptors: None,
        }
    }

    /// Adds a generated service.
    #[expect(clippy::should_implement_trait, reason = "no sum is meant")]
    #[must_use]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self
    }

    /// Lets a member of the fleet ask what is served.
    #[must_use]
    pub fn reflection(mut self, descriptors: &'static [u8]) -> Self {
        self.descriptors = Some(descriptors);
        self
    }

    /// Listens, and serves on `tracker` until `stop`; answers where (port 0 chooses one).
    pub async fn start(
        mut self,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<SocketAddr, StartError> {
        if self.secret.is_empty() {
            return Err(StartError::NoSecret);
        }
        let address = self.config.listen;
        let listen = |cause| StartError::Listen { address, cause };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        if let Some(descriptors) = self.descriptors {
            let reflection = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .build_v1()
                .map_err(StartError::Reflection)?;
            self.routes.add_service(reflection);
        }
        let (health, health_service) = tonic_health::server::health_reporter();
        self.routes.add_service(health_service);
        health.set_service_status("", ServingStatus::Serving).await;

        let running = Running {
            guard: Guard {
                service: self.name,
                secret: self.secret,
                calls: Arc::new(Semaphore::new(self.config.concurrency_max)),
                deadline_max: Duration::from_millis(self.config.deadline_max_ms),
                tracker: tracker.clone(),
            },
            calls_max: self.config.concurrency_max,
            health,
            stop: stop.clone(),
        };
        tracker.spawn(running.serve(listener, self.routes.routes()));
        Ok(bound)
    }
}

struct Running {
    guard: Guard,
    calls_max: usize,
    health: HealthReporter,
    stop: CancellationToken,
}

impl Running {
    async fn serve(self, listener: TcpListener, routes: Routes) {
        let streams_max = u32::try_from(self.calls_max + STREAMS_SPARE).unwrap_or(u32::MAX);
        let asked_to_stop = async {
            self.stop.cancelled().await;
            self.health
                .set_service_status("", ServingStatus::NotServing)
                .await;
        };
        let serving = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(streams_max)
            .layer(self.guard.clone())
            .add_routes(routes)
            .serve_with_incoming_shutdown(accept(listener), asked_to_stop);
        tokio::select! {
            served = serving => if let Err(error) = served {
                let service = self.guard.service;
                tracing::error!(service, error = %fault::chain(&error), "the gRPC server failed");
                // A process that answers no call has to end, and be started again.
                self.stop.cancel();
            },
            () = self.drained() => {}
        }
    }

    /// A health watch may last for ever: it keeps no process alive.
    async fn drained(&self) {
        /// An answer that has ended may still be on its way out.
        const LINGER: Duration = Duration::from_millis(500);
        const LOOK: Duration = Duration::from_millis(50);
        self.stop.cancelled().await;
        let mut quiet = Duration::ZERO;
        while quiet < LINGER {
            tokio::time::sleep(LOOK).await;
            let idle = self.guard.calls.available_permits() == self.calls_max;
            quiet = if idle { quiet + LOOK } else { Duration::ZERO };
        }
    }
}

/// Connections as they come. One that fails on the way in, or a process out of files, ends nothing.
fn accept(listener: TcpListener) -> impl Stream<Item = io::Result<TcpStream>> {
    const PAUSE: Duration = Duration::from_millis(50);
    stream::unfold(listener, async |listener| {
        loop {
            match listener.accept().await {
                Ok((connection, _)) => {
                    // Batches are small and a caller waits for each.
                    let _ = connection.set_nodelay(true);
                    return Some((Ok(connection), listener));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    })
}
