//! What the messaging tells about itself. Queues are labelled without their prefix.

use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, core::Collector};

pub(crate) static PUBLISHED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "mq_published_total",
        "Messages handed to the broker, by what became of them",
    );
    registered(IntCounterVec::new(opts, &["queue", "outcome"]))
});

pub(crate) static PUBLISH_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = HistogramOpts::new(
        "mq_publish_seconds",
        "A batch, from the call to its last confirm",
    )
    .buckets(vec![
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    ]);
    registered(HistogramVec::new(opts, &["outcome"]))
});

pub(crate) static CONSUMED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = Opts::new("mq_consumed_total", "Deliveries, by the handler's verdict");
    registered(IntCounterVec::new(opts, &["queue", "outcome"]))
});

pub(crate) static CONSUME_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts =
        HistogramOpts::new("mq_consume_seconds", "A handler's work on one batch").buckets(vec![
            0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]);
    registered(HistogramVec::new(opts, &["queue"]))
});

pub(crate) static QUEUE_READY: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "mq_queue_ready",
        "Messages that wait in a queue, when last asked",
    );
    registered(IntGaugeVec::new(opts, &["queue"]))
});

pub(crate) static QUESTION_CHANNELS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "mq_question_channels_total",
        "AMQP channels opened to ask about queues; steady while questions are answered",
    );
    registered(IntCounterVec::new(opts, &["link"]))
});

pub(crate) static CONNECTED: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let opts = Opts::new("mq_connected", "Open connections to the broker");
    registered(IntGaugeVec::new(opts, &["link"]))
});

pub(crate) static BLOCKED: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    let opts = Opts::new("mq_blocked", "Connections that the broker blocks");
    registered(IntGaugeVec::new(opts, &["link"]))
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
