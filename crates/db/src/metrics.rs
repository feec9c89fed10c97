use std::{sync::LazyLock, time::Duration};

use prometheus::{
    HistogramVec, IntCounterVec, IntGaugeVec, register_histogram_vec, register_int_counter_vec,
    register_int_gauge_vec,
};

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static TX_TOTAL: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "db_tx_total",
        "Transactions by name and outcome",
        &["name", "outcome"]
    )
    .expect("db_tx_total is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static TX_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "db_tx_seconds",
        "Duration of transactions, retries included",
        &["name"]
    )
    .expect("db_tx_seconds is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static DURABLE: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    register_int_gauge_vec!(
        "db_durable",
        "1: a commit survives a power cut",
        &["schema"]
    )
    .expect("db_durable is registered once")
});

#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    Committed,
    /// The body said no: a rule, not the engine.
    Refused,
    /// Rolled back by the engine and begun again.
    Retried,
    Failed,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Refused => "refused",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}

pub(crate) fn count(name: &str, outcome: Outcome) {
    TX_TOTAL.with_label_values(&[name, outcome.name()]).inc();
}

pub(crate) fn observe(name: &str, took: Duration) {
    TX_SECONDS
        .with_label_values(&[name])
        .observe(took.as_secs_f64());
}

pub(crate) fn durable(schema: &str, durable: bool) {
    DURABLE.with_label_values(&[schema]).set(i64::from(durable));
}
