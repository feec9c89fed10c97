//! Requests of each route, counted and timed.

use std::{
    sync::{LazyLock, OnceLock},
    time::Instant,
};

use axum::http::StatusCode;
use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, register_histogram_vec,
    register_int_counter_vec,
};

use crate::lane::Lane;

/// 100 to 599.
const STATUSES: usize = 500;

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let labels = &["lane", "route", "method", "status"];
    register_int_counter_vec!(
        "http_requests_total",
        "Requests by lane, route and answer.",
        labels
    )
    .expect("registered once")
});
#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let labels = &["lane", "route"];
    register_histogram_vec!("http_request_seconds", "How long a request takes.", labels)
        .expect("registered once")
});

/// The metrics of one route, looked up once.
pub(crate) struct RequestMetrics {
    labels: [&'static str; 3],
    seconds: Histogram,
    /// By status, from 100 on.
    answers: Vec<OnceLock<IntCounter>>,
}

impl RequestMetrics {
    pub(crate) fn new(lane: Lane, route: &'static str, method: &'static str) -> Self {
        Self {
            labels: [lane.name(), route, method],
            seconds: SECONDS.with_label_values(&[lane.name(), route]),
            answers: std::iter::repeat_with(OnceLock::new)
                .take(STATUSES)
                .collect(),
        }
    }

    pub(crate) fn count(&self, status: StatusCode, start: Instant) {
        let [lane, route, method] = self.labels;
        let answers = self.answers.get(usize::from(status.as_u16()) - 100);
        if let Some(answers) = answers {
            let labels = [lane, route, method, status.as_str()];
            answers
                .get_or_init(|| REQUESTS.with_label_values(&labels))
                .inc();
        }
        self.seconds.observe(start.elapsed().as_secs_f64());
    }
}
