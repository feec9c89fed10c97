//! One trace runs from the HTTP request through gRPC, Redis and RabbitMQ into the MySQL
//! transaction.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use e2e::{
    api::poll,
    fleet::{Fleet, PASSWORD},
    sale,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tonic::{Request, Response, Status};

/// Trace ids and the names of their spans.
type Spans = Vec<(Vec<u8>, String)>;

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Spans>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut spans = self.0.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            for scope in resource.scope_spans {
                spans.extend(
                    scope
                        .spans
                        .into_iter()
                        .map(|span| (span.trace_id, span.name)),
                );
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Receiver {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let service = TraceServiceServer::new(self.clone());
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming),
        );
        format!("http://{address}")
    }

    /// The names of the spans of the trace with this hexadecimal id.
    fn names(&self, trace: &str) -> HashSet<String> {
        let hex = |id: &[u8]| {
            id.iter()
                .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        };
        let spans = self.0.lock().unwrap();
        spans
            .iter()
            .filter(|(id, _)| hex(id) == trace)
            .map(|(_, name)| name.clone())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_runs_from_http_into_the_transaction() {
    let receiver = Receiver::default();
    let endpoint = receiver.listen().await;
    let mut fleet = Fleet::start().await.unwrap();
    let (api, admin) = (fleet.api().unwrap(), fleet.admin().await.unwrap());
    let traced = [
        ("MALL_SERVICE__OTLP_ENDPOINT", endpoint.as_str()),
        ("MALL_SERVICE__TRACE_SAMPLE", "1.0"),
    ];
    for service in ["gateway", "seckill", "order"] {
        fleet.restart(service, &traced).await.unwrap();
    }
    let buyers = sale::buyers(&api, 1, PASSWORD).await.unwrap();
    let activity = sale::open(&api, &admin, 1, 900).await.unwrap();
    let won = sale::patiently(async || api.reserve(activity, &buyers[0], None, 1).await)
        .await
        .unwrap();
    let trace = won.body["trace_id"].as_str().unwrap().to_owned();

    let wanted = [
        "POST /api/v1/seckill",
        "seckill.reserve",
        "order.land",
        "db.order.land",
    ];
    let mut names = HashSet::new();
    let whole = poll(Duration::from_secs(30), async || {
        names = receiver.names(&trace);
        let all = wanted
            .iter()
            .all(|want| names.iter().any(|name| name.contains(want)));
        Ok(all.then_some(()))
    })
    .await;
    assert!(whole.is_ok(), "trace {trace} has only {names:?}");
}
