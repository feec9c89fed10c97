use opentelemetry::trace::TraceContextExt;
use tonic::Request;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::support::{Toy, say, serve};

#[tokio::test]
async fn a_handler_works_in_its_callers_trace() {
    let ids = || {
        let context = Span::current().context();
        let span = context.span();
        let span = span.span_context();
        format!("{} {}", span.trace_id(), span.is_sampled())
    };
    let server = serve(Toy::new(move |_: Request<String>| async move { Ok(ids()) })).await;
    let peer = server.peer(5_000);
    let span = tracing::info_span!("a buyer's request");
    let ours = span.in_scope(ids);
    let theirs = say(&peer, "Traced", "").instrument(span).await.unwrap();
    assert_eq!(theirs, ours);
    assert!(ours.ends_with("true"));

    let other = say(&peer, "Traced", "").await.unwrap();
    assert_ne!(other, ours, "a call outside a trace begins one of its own");
}
