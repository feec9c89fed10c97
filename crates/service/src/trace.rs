//! W3C trace context as text, for wires that carry it beside the message.

use std::collections::HashMap;

use opentelemetry::{propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

/// The current span's context as a `traceparent` value; `None` when nothing is traced.
pub fn current_trace_parent() -> Option<String> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(HEADER)
}

/// The current trace's id in hex; `None` when nothing is traced.
pub fn current_trace_id() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let id = span.span_context();
    id.is_valid().then(|| id.trace_id().to_string())
}

/// Makes `span` a child of the span that `trace_parent` names. Text that names none changes nothing.
pub fn set_parent(span: &Span, trace_parent: &str) {
    if let Some(context) = parse(trace_parent) {
        // Fails only for a span that is not recorded.
        let _ = span.set_parent(context);
    }
}

/// Links `span` to the span that `trace_parent` names: one of several causes.
pub fn link(span: &Span, trace_parent: &str) {
    if let Some(context) = parse(trace_parent) {
        span.add_link(context.span().span_context().clone());
    }
}

fn parse(trace_parent: &str) -> Option<opentelemetry::Context> {
    let carrier = HashMap::from([(HEADER.to_owned(), trace_parent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    let valid = context.span().span_context().is_valid();
    valid.then_some(context)
}
