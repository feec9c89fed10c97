//! What a batcher tells about itself.

use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, IntGaugeVec, Opts, core::Collector};

pub(crate) static SIZE: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = HistogramOpts::new("batch_size", "Items per call of a batcher").buckets(vec![
        1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
    ]);
    registered(HistogramVec::new(opts, &["name"]))
});

pub(crate) static WAITING: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let opts = Opts::new("batch_waiting", "Items that wait for a slot of a batcher");
    registered(IntGaugeVec::new(opts, &["name"]))
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
