//! The trace, in headers.

use std::collections::HashMap;

use http::{HeaderMap, HeaderValue};
use opentelemetry::{propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

pub(crate) fn inject(headers: &mut HeaderMap) {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    let value = carrier
        .remove(HEADER)
        .and_then(|value| HeaderValue::try_from(value).ok());
    if let Some(value) = value {
        headers.insert(HEADER, value);
    }
}

pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    let Some(value) = headers.get(HEADER).and_then(|value| value.to_str().ok()) else {
        return;
    };
    let carrier = HashMap::from([(HEADER.to_owned(), value.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    if context.span().span_context().is_valid() {
        // Fails only for a span that is not recorded.
        let _ = span.set_parent(context);
    }
}
