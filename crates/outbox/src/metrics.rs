//! What an outbox tells about itself, per schema.

use std::sync::LazyLock;

use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, core::Collector};

pub(crate) static UNSENT: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let opts = Opts::new("outbox_unsent", "Messages that wait for the broker");
    registered(IntGaugeVec::new(opts, &["schema"]))
});

pub(crate) static OLDEST_SECONDS: LazyLock<GaugeVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "outbox_oldest_seconds",
        "Age of the oldest message; 0: none waits",
    );
    registered(GaugeVec::new(opts, &["schema"]))
});

pub(crate) static RELAYED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "outbox_relayed_total",
        "Messages that a relay tried to send",
    );
    registered(IntCounterVec::new(opts, &["outcome"]))
});

#[expect(
    clippy::expect_used,
    reason = "constant descriptions, each registered once"
)]
fn registered<C: Collector + Clone + 'static>(metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("a valid metric description");
    prometheus::register(Box::new(metric.clone())).expect("a metric of its own name");
    metric
}
