//! W3C trace context as text (`traceparent`, version 00), for wires that carry it beside the message.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The current span's context as a `traceparent` value; `None` when nothing is traced.
pub fn current_trace_parent() -> Option<String> {
    let span = current()?;
    let flags = span.trace_flags().to_u8();
    Some(format!(
        "00-{}-{}-{flags:02x}",
        span.trace_id(),
        span.span_id()
    ))
}

/// The current trace's id in hex; `None` when nothing is traced.
pub fn current_trace_id() -> Option<String> {
    current().map(|span| span.trace_id().to_string())
}

/// Makes `span` a child of the span that `trace_parent` names. Text that names none changes nothing.
pub fn set_parent(span: &Span, trace_parent: &str) {
    if let Some(parent) = parse(trace_parent) {
        // Fails only for a span that is not recorded.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// Links `span` to the span that `trace_parent` names: one of several causes.
pub fn link(span: &Span, trace_parent: &str) {
    if let Some(cause) = parse(trace_parent) {
        span.add_link(cause);
    }
}

fn current() -> Option<SpanContext> {
    let context = Span::current().context();
    let span = context.span();
    Some(span.span_context())
        .filter(|span| span.is_valid())
        .cloned()
}

fn parse(trace_parent: &str) -> Option<SpanContext> {
    let mut fields = trace_parent.split('-');
    let (version, trace, span, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_parent_is_read_as_the_standard_writes_it() {
        let span = parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(
            span.trace_id().to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert!(span.is_sampled() && span.is_remote());
        for text in [
            "",
            "00-1-2-3",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
