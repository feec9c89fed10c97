//! A line of the log, with its place in the trace.

use std::fmt;

use opentelemetry::{Context, trace::TraceContextExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format},
    registry::LookupSpan,
};

/// Puts the ids of trace and span at a line's start.
pub(crate) struct WithTrace<F> {
    line: F,
    is_json: bool,
}

impl<F> WithTrace<F> {
    pub(crate) fn json(line: F) -> Self {
        Self {
            line,
            is_json: true,
        }
    }

    pub(crate) fn text(line: F) -> Self {
        Self {
            line,
            is_json: false,
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // An entered span is also OpenTelemetry's current one.
        let current = Context::current();
        let span = current.span();
        let ids = span.span_context();
        if !ids.is_valid() {
            return self.line.format_event(context, writer, event);
        }
        let (trace, span) = (ids.trace_id(), ids.span_id());
        if !self.is_json {
            write!(writer, "{trace}/{span} ")?;
            return self.line.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.line
            .format_event(context, format::Writer::new(&mut line), event)?;
        let rest = line.strip_prefix('{').unwrap_or(&line);
        write!(
            writer,
            "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\",{rest}"
        )
    }
}
