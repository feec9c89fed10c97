//! W3C trace context as text (`traceparent`, version 00: <https://www.w3.org/TR/trace-context/>), for every wire
//! that carries it beside a message.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A span with more links than that could not be read.
const LINKS_MAX: usize = 64;

/// The current span's context as a `traceparent` value; `None` when nothing is traced.
pub fn current_trace_parent() -> Option<String> {
    current().as_ref().map(text)
}

/// The same, only of a trace that is kept: for hops that a rush crosses a hundred thousand times a
/// second, where every other span would be made for nothing.
pub fn sampled_trace_parent() -> Option<String> {
    current().filter(SpanContext::is_sampled).as_ref().map(text)
}

fn text(span: &SpanContext) -> String {
    let flags = span.trace_flags().to_u8();
    format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id())
}

/// The current trace's id in hex; `None` when nothing is traced.
pub fn current_trace_id() -> Option<String> {
    current().map(|span| span.trace_id().to_string())
}

/// Whether a trace is kept, drawn before anything is spent on it: a busy route makes spans only for
/// those that are.
#[derive(Debug, Clone)]
pub struct Head {
    trace_id: TraceId,
    parent: Option<SpanContext>,
    kept: bool,
}

impl Head {
    /// Keeps `share` (0 to 1) of the traces. A caller's trace is joined, and kept only if it is kept
    /// there and drawn here too: a stranger's flag costs no more than the share.
    pub fn draw(trace_parent: Option<&str>, share: f64) -> Self {
        let parent = trace_parent.and_then(parse);
        let wanted = parent.as_ref().is_none_or(SpanContext::is_sampled);
        let trace_id = match &parent {
            Some(parent) => parent.trace_id(),
            None => RandomIdGenerator::default().new_trace_id(),
        };
        Self {
            trace_id,
            parent,
            kept: wanted && share > 0.0 && rand::random::<f64>() < share,
        }
    }

    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// In hex. The span of a trace that begins here brings an id of its own.
    pub fn trace_id(&self) -> String {
        self.trace_id.to_string()
    }

    /// Makes `span` the trace's first one here. It has the field `trace.drawn`, which tells the
    /// sampler of a trace without a parent what was drawn.
    pub fn begin(&self, span: &Span) {
        if let Some(parent) = &self.parent {
            let flags = parent.trace_flags().with_sampled(self.kept);
            let (trace_id, span_id) = (parent.trace_id(), parent.span_id());
            let parent = SpanContext::new(trace_id, span_id, flags, true, TraceState::default());
            // Fails only for a span that is not recorded.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent));
        }
    }
}

/// Makes `span` a child of the span that `trace_parent` names. Text that names none changes nothing.
pub fn set_parent(span: &Span, trace_parent: &str) {
    if let Some(parent) = parse(trace_parent) {
        // Fails only for a span that is not recorded.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// Makes `span` a child of its only cause, or links it to each of several.
pub fn join<'a>(span: &Span, causes: impl Iterator<Item = &'a str>) {
    let mut causes = causes.filter(|cause| parse(cause).is_some());
    match (causes.next(), causes.next()) {
        (Some(only), None) => set_parent(span, only),
        (first, second) => {
            let several = first.into_iter().chain(second).chain(causes);
            several.take(LINKS_MAX).for_each(|cause| link(span, cause));
        }
    }
}

/// Links `span` to the span that `trace_parent` names: one of several causes.
pub fn link(span: &Span, trace_parent: &str) {
    if let Some(cause) = parse(trace_parent) {
        span.add_link(cause);
    }
}

fn current() -> Option<SpanContext> {
    let span = Span::current();
    if span.is_none() {
        return None;
    }
    let context = span.context();
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
    fn a_callers_flag_joins_its_trace_and_keeps_no_more_than_the_share() {
        let parent =
            |flags| format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let (kept, dropped) = (parent("01"), parent("00"));
        let times = |share| {
            let heads = (0..10_000).map(|_| Head::draw(Some(&kept), share));
            heads.filter(Head::is_kept).count()
        };
        assert_eq!((times(0.0), times(1.0)), (0, 10_000));
        assert!((10..400).contains(&times(0.01)), "about a hundred");
        assert!(!Head::draw(Some(&dropped), 1.0).is_kept());
        let head = Head::draw(Some(&kept), 0.0);
        assert_eq!(head.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert!(Head::draw(None, 1.0).is_kept() && !Head::draw(Some("nonsense"), 0.0).is_kept());
    }

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
