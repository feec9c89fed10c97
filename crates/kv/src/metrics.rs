use std::sync::LazyLock;

use prometheus::{
    Histogram, HistogramVec, IntCounterVec, IntGauge, register_histogram_vec,
    register_int_counter_vec, register_int_gauge,
};

use crate::Error;

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static SCRIPT_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let buckets = vec![
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0,
    ];
    register_histogram_vec!(
        "kv_script_seconds",
        "Duration of Lua scripts and transactions, round trip included",
        &["script"],
        buckets
    )
    .expect("kv_script_seconds is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static ERRORS_TOTAL: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "kv_errors_total",
        "Failed Redis commands by kind",
        &["kind"]
    )
    .expect("kv_errors_total is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static DURABLE: LazyLock<IntGauge> = LazyLock::new(|| {
    register_int_gauge!(
        "kv_durable",
        "1: Redis is set to append to disk and never to evict"
    )
    .expect("kv_durable is registered once")
});

pub(crate) fn script(name: &str) -> Histogram {
    SCRIPT_SECONDS.with_label_values(&[name])
}

pub(crate) fn failed(error: &Error) {
    let kind = match error {
        Error::Away(_) => "away",
        Error::Timeout(_) => "timeout",
        // Part of normal work: the script is loaded and called again.
        Error::Refused(_) if error.is_no_script() => "no_script",
        Error::Refused(_) => "refused",
        Error::Url(_) | Error::NoUrl | Error::Reply(_) | Error::Identity(_) => "other",
    };
    ERRORS_TOTAL.with_label_values(&[kind]).inc();
}

pub(crate) fn durable(durable: bool) {
    DURABLE.set(i64::from(durable));
}
