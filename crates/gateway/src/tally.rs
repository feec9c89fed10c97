//! Answers, counted and timed.

use std::{
    sync::{LazyLock, OnceLock},
    time::Instant,
};

use axum::http::{Method, StatusCode};
use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, register_histogram_vec,
    register_int_counter_vec,
};

use crate::lane::Lane;

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

/// The metrics of one route, looked up once: a rush counts a hundred thousand answers a second.
pub(crate) struct Tally {
    labels: [&'static str; 3],
    seconds: Histogram,
    /// By status, from 100 on.
    answers: Vec<OnceLock<IntCounter>>,
}

impl Tally {
    pub(crate) fn of(lane: Lane, route: &'static str, method: &'static str) -> Self {
        Self {
            labels: [lane.name(), route, method],
            seconds: SECONDS.with_label_values(&[lane.name(), route]),
            answers: std::iter::repeat_with(OnceLock::new).take(900).collect(),
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

/// An answer of `route`, in the metrics.
pub(crate) fn count(lane: Lane, route: &str, method: &str, status: StatusCode, start: Instant) {
    REQUESTS
        .with_label_values(&[lane.name(), route, method, status.as_str()])
        .inc();
    SECONDS
        .with_label_values(&[lane.name(), route])
        .observe(start.elapsed().as_secs_f64());
}

/// A stranger's own methods are no labels: there is no end to them.
pub(crate) fn label(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        "other"
    }
}
