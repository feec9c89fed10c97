//! W3C trace context in message headers (<https://www.w3.org/TR/trace-context/>, version 00).

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A batch span links to this many of its items; more would make it unreadable.
const LINKS_MAX: usize = 64;

/// The current span as a `traceparent`, if it is part of a trace.
pub(crate) fn current() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        let flags = span.trace_flags().to_u8();
        format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id())
    })
}

/// Makes `span` the child of its only cause, or links it to each of several.
pub(crate) fn join<'a>(span: &Span, causes: impl Iterator<Item = &'a str>) {
    let mut causes: Vec<_> = causes.filter_map(parse).take(LINKS_MAX).collect();
    if causes.len() > 1 {
        for cause in causes {
            span.add_link(cause);
        }
    } else if let Some(cause) = causes.pop() {
        let parent = opentelemetry::Context::new().with_remote_span_context(cause);
        // Refused only for a span that has started its children: ours is new.
        let _ = span.set_parent(parent);
    }
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
        let context = parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(
            context.trace_id().to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(context.span_id().to_string(), "b7ad6b7169203331");
        assert!(context.is_sampled() && context.is_remote());
    }

    #[test]
    fn anything_else_is_no_trace() {
        for text in [
            "",
            "00-1-2-3",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
