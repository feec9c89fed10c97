use std::{
    io,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

use super::*;

fn config(log: LogFormat) -> Config {
    Config {
        admin: ([127, 0, 0, 1], 0).into(),
        log,
        log_filter: "info".to_owned(),
        otlp_endpoint: String::new(),
        trace_sample: 1.0,
        network_encrypted: false,
        workers: 0,
        shutdown_grace_s: 1,
        profile: crate::Profile::Demo,
        roles: vec![crate::Role::Jobs],
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn read(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged in a trace, then outside of any, by a service in its scope.
fn logged(log: LogFormat) -> (Vec<String>, String) {
    let (lines, config) = (Lines::default(), config(log));
    let provider = provider("test", &config).unwrap();
    let writer = lines.clone();
    let subscriber = subscriber(&config, &provider, move || writer.clone(), false).unwrap();
    let trace = tracing::subscriber::with_default(subscriber, || {
        let scope = tracing::info_span!(target: SCOPE, "service", name = "order");
        let _scope = scope.enter();
        let trace = tracing::info_span!("land", order.id = 7).in_scope(|| {
            tracing::info!(order.units = 2, "landed");
            tracing::debug!("too much");
            trace::current_trace_id().unwrap()
        });
        tracing::warn!("idle");
        trace
    });
    (lines.read(), trace)
}

#[test]
fn a_line_of_json_names_its_trace_its_span_and_its_service() {
    let (lines, trace) = logged(LogFormat::Json);
    let [landed, idle] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    let landed: serde_json::Value = serde_json::from_str(landed).unwrap();
    assert_eq!(landed["trace_id"], trace);
    assert_eq!(landed["span_id"].as_str().unwrap().len(), 16);
    assert_eq!(
        (&landed["message"], &landed["order.units"]),
        (&"landed".into(), &2.into())
    );
    assert_eq!(landed["spans"][0]["name"], "service");
    assert_eq!(landed["spans"][1]["order.id"], 7);
    let idle: serde_json::Value = serde_json::from_str(idle).unwrap();
    assert!(
        idle.get("trace_id").is_none(),
        "a scope is no trace: {idle}"
    );
}

#[test]
fn a_line_for_people_names_its_trace() {
    let (lines, trace) = logged(LogFormat::Pretty);
    assert!(
        lines[0].starts_with(&trace) && lines[0].contains("landed"),
        "{lines:?}"
    );
    assert!(!lines[1].contains(&trace), "{lines:?}");
}

struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).unwrap();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_are_sent_before_the_process_ends_and_only_those_that_are_sampled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(LogFormat::Json);
    // Nothing is logged; traces have their own filter.
    config.log_filter = "off".to_owned();
    config.otlp_endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, mut received) = mpsc::unbounded_channel();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let collector = TraceServiceServer::new(Collector(sender));
    let server = tonic::transport::Server::builder().add_service(collector);
    tokio::spawn(server.serve_with_incoming(incoming));

    let provider = provider("order", &config).unwrap();
    let subscriber = subscriber(&config, &provider, io::sink, false).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("land").in_scope(|| {});
        let unsampled = tracing::info_span!("browse");
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        trace::set_parent(&unsampled, parent);
        unsampled.in_scope(|| {
            let ours = trace::current_trace_parent().unwrap();
            assert!(
                ours.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
                "{ours}"
            );
            assert!(ours.ends_with("-00"), "{ours}");
        });
    });
    Telemetry { provider }.flush().await;

    let batch = received.recv().await.unwrap();
    let spans = &batch.resource_spans[0].scope_spans[0].spans;
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["land"]);
    let attributes = &batch.resource_spans[0]
        .resource
        .as_ref()
        .unwrap()
        .attributes;
    assert!(
        attributes
            .iter()
            .any(|attribute| format!("{attribute:?}").contains("\"order\""))
    );
}
