use opentelemetry::{
    Context, KeyValue, Value,
    trace::{Link, SpanKind, TraceId},
};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// Which traces are kept that begin in this process: a share of them, and those that were drawn
/// before their span was made (`trace::Head`).
#[derive(Debug, Clone)]
pub(super) struct Sampling(Sampler);

impl Sampling {
    pub(super) fn of(share: f64) -> Self {
        Self(Sampler::TraceIdRatioBased(share))
    }
}

impl ShouldSample for Sampling {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let drawn = attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == "trace.drawn");
        let sampler = match drawn.map(|attribute| &attribute.value) {
            Some(Value::Bool(true)) => &Sampler::AlwaysOn,
            Some(Value::Bool(false)) => &Sampler::AlwaysOff,
            _ => &self.0,
        };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::SamplingDecision;

    use super::*;

    fn decision(share: f64, attributes: &[KeyValue]) -> SamplingDecision {
        let (trace, kind) = (TraceId::from_bytes([0xff; 16]), SpanKind::Server);
        let sampling = Sampling::of(share);
        let result = sampling.should_sample(None, trace, "http", &kind, attributes, &[]);
        result.decision
    }

    #[test]
    fn what_was_drawn_is_kept() {
        let drawn = [KeyValue::new("trace.drawn", true)];
        assert_eq!(decision(0.01, &drawn), SamplingDecision::RecordAndSample);
        assert_eq!(decision(0.01, &[]), SamplingDecision::Drop);
    }
}
