//! A service whose verbs are whatever a test says.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::uri::PathAndQuery;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rpc::{Channel, FleetConfig, PeerConfig, Server, ServerConfig};
use tokio_stream::Stream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status, Streaming, body::Body, server::NamedService};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};
use tracing_subscriber::layer::SubscriberExt;

pub(crate) const SOON: Duration = Duration::from_secs(10);

type Answer<T> = BoxFuture<'static, Result<Response<T>, Status>>;
type Lines = std::pin::Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;
type Unary = Arc<dyn Fn(Request<String>) -> Answer<String> + Send + Sync>;
type Chat = Arc<dyn Fn(Request<Streaming<String>>) -> Answer<Lines> + Send + Sync>;

/// Every verb is unary but `Chat`.
#[derive(Clone)]
pub(crate) struct Toy {
    unary: Unary,
    chat: Chat,
}

impl Toy {
    pub(crate) fn new<F, R>(unary: F) -> Self
    where
        F: Fn(Request<String>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, Status>> + Send + 'static,
    {
        Self {
            unary: Arc::new(move |request| {
                let answer = unary(request);
                Box::pin(async move { answer.await.map(Response::new) })
            }),
            chat: Arc::new(|_| Box::pin(async { Err(Status::unimplemented("no chat")) })),
        }
    }

    pub(crate) fn echo() -> Self {
        Self::new(async |request: Request<String>| Ok(request.into_inner()))
    }

    pub(crate) fn chat<F, S>(mut self, chat: F) -> Self
    where
        F: Fn(Streaming<String>) -> S + Send + Sync + 'static,
        S: Stream<Item = Result<String, Status>> + Send + 'static,
    {
        self.chat = Arc::new(move |request| {
            let lines: Lines = Box::pin(chat(request.into_inner()));
            Box::pin(async move { Ok(Response::new(lines)) })
        });
        self
    }
}

impl NamedService for Toy {
    const NAME: &'static str = "mall.toy.v1.Toy";
}

impl Service<http::Request<Body>> for Toy {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let toy = self.clone();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<String, String>::default());
            let response = match request.uri().path().rsplit('/').next() {
                Some("Chat") => grpc.streaming(Streams(toy.chat), request).await,
                Some("Missing") => Status::unimplemented("").into_http(),
                _ => {
                    grpc.unary(service_fn(move |r| (toy.unary)(r)), request)
                        .await
                }
            };
            Ok(response)
        })
    }
}

struct Streams(Chat);

impl tonic::server::StreamingService<String> for Streams {
    type Response = String;
    type ResponseStream = Lines;
    type Future = Answer<Lines>;

    fn call(&mut self, request: Request<Streaming<String>>) -> Self::Future {
        (self.0)(request)
    }
}

/// One subscriber for all tests: a span's callsite asks only once whether anybody is interested.
static TRACES: LazyLock<()> = LazyLock::new(|| {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
});

/// A server that listens.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

pub(crate) fn fleet() -> FleetConfig {
    FleetConfig::plain("of this fleet")
}

pub(crate) fn limits(concurrency_max: usize, deadline_max_ms: u64) -> ServerConfig {
    ServerConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        concurrency_max,
        deadline_max_ms,
    }
}

pub(crate) async fn serve(toy: Toy) -> Running {
    serve_within(toy, &limits(64, 10_000)).await
}

pub(crate) async fn serve_within(toy: Toy, config: &ServerConfig) -> Running {
    LazyLock::force(&TRACES);
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let server = Server::new("toy", config, &fleet()).add(toy);
    let address = server.start(&tracker, &stop).await.unwrap();
    Running {
        address,
        tracker,
        stop,
    }
}

impl Running {
    pub(crate) fn peer(&self, timeout_ms: u64) -> Channel {
        peer_at(self.address, timeout_ms)
    }

    /// Stops, and says whether everything ended in time.
    pub(crate) async fn drains_within(&self, limit: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait())
            .await
            .is_ok()
    }
}

pub(crate) fn peer_at(address: SocketAddr, timeout_ms: u64) -> Channel {
    rpc::peer(
        &PeerConfig {
            url: format!("http://{address}"),
            timeout_ms,
        },
        &fleet(),
    )
}

/// Calls `verb`, and answers what it says.
pub(crate) async fn say(channel: &Channel, verb: &str, text: &str) -> Result<String, Status> {
    call(channel, verb, Request::new(text.to_owned())).await
}

pub(crate) async fn call(
    channel: &Channel,
    verb: &str,
    request: Request<String>,
) -> Result<String, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    let answer = client
        .unary(request, path(verb), ProstCodec::<String, String>::default())
        .await;
    answer.map(Response::into_inner)
}

pub(crate) async fn chat(
    channel: &Channel,
    lines: impl Stream<Item = String> + Send + 'static,
) -> Streaming<String> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    let codec = ProstCodec::<String, String>::default();
    client
        .streaming(Request::new(lines), path("Chat"), codec)
        .await
        .unwrap()
        .into_inner()
}

fn path(verb: &str) -> PathAndQuery {
    format!("/mall.toy.v1.Toy/{verb}").parse().unwrap()
}

/// A counter of the process: all labels of `name` that include `label`.
pub(crate) fn count(name: &str, label: &str) -> u64 {
    let families = prometheus::gather();
    let family = families.iter().find(|family| family.name() == name);
    let metrics = family
        .map(prometheus::proto::MetricFamily::get_metric)
        .unwrap_or_default();
    metrics
        .iter()
        .filter(|metric| metric.get_label().iter().any(|pair| pair.value() == label))
        .map(|metric| metric.get_counter().get_value() as u64)
        .sum()
}

pub(crate) async fn eventually(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.unwrap();
}
