use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::Request;
use secrecy::ExposeSecret;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    body::Body,
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
use tower::Service;

use crate::{FleetConfig, ServerConfig, guard::Guard};

/// A dead peer is noticed after two of these.
const KEEPALIVE: Duration = Duration::from_secs(20);
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("port {address} (grpc.listen) cannot be listened on")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: std::io::Error,
    },
    #[error("reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
}

/// A service's gRPC server in the making.
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

    /// Lets a client ask what is served.
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
        health
            .set_service_status("", tonic_health::ServingStatus::Serving)
            .await;

        let guard = Guard {
            secret: self.secret,
            calls: Arc::new(Semaphore::new(self.config.concurrency_max)),
            deadline_max: Duration::from_millis(self.config.deadline_max_ms),
            tracker: tracker.clone(),
        };
        let (name, routes, stop) = (self.name, self.routes.routes(), stop.clone());
        tracker.spawn(async move {
            if let Err(error) = serve(listener, routes, guard, stop).await {
                tracing::error!(service = name, error = %fault::chain(&error), "the gRPC server failed");
            }
        });
        Ok(bound)
    }
}

async fn serve(
    listener: TcpListener,
    routes: Routes,
    guard: Guard,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    // Batches are small and somebody waits for each.
    let incoming = TcpListenerStream::new(listener);
    let incoming = tokio_stream::StreamExt::map(incoming, |stream| {
        if let Ok(stream) = &stream {
            let _ = stream.set_nodelay(true);
        }
        stream
    });
    tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .layer(guard)
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await
}
