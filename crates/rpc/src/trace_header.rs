//! The trace, in headers: W3C `traceparent`, version 00.

use http::{HeaderMap, HeaderValue};
use tracing::Span;

const HEADER: &str = "traceparent";

/// Says which span a call comes from.
pub(crate) fn inject(headers: &mut HeaderMap) {
    let text = trace::current_trace_parent();
    if let Some(Ok(value)) = text.map(HeaderValue::try_from) {
        headers.insert(HEADER, value);
    }
}

/// Makes `span` a child of the span that a call comes from.
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    let text = headers.get(HEADER).and_then(|value| value.to_str().ok());
    if let Some(parent) = text {
        trace::set_parent(span, parent);
    }
}
