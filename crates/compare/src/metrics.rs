//! What the comparison service counts beside what the platform counts for it.

use std::{sync::LazyLock, time::Duration};

use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, histogram_opts,
    register_histogram, register_histogram_vec, register_int_counter, register_int_counter_vec,
    register_int_gauge,
};

/// Of constant descriptions, each registered once.
macro_rules! metric {
    ($name:ident: $type:ty = $register:expr) => {
        pub(crate) static $name: LazyLock<$type> = LazyLock::new(|| registered($register));
    };
}

#[expect(
    clippy::expect_used,
    reason = "a constant description that does not conflict with another"
)]
fn registered<T>(registered: prometheus::Result<T>) -> T {
    registered.expect("a metric is registered once")
}

metric!(RUNS: IntCounterVec = register_int_counter_vec!(
    "compare_runs_total",
    "Attempts at a comparison, by how they ended",
    &["outcome"]
));
metric!(RUN_SECONDS: HistogramVec = register_histogram_vec!(
    "compare_run_seconds",
    "How long an attempt takes, from its claim",
    &["outcome"],
    vec![0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0]
));
metric!(WAIT_SECONDS: Histogram = register_histogram!(histogram_opts!(
    "compare_wait_seconds",
    "From the submission to the first claim",
    vec![0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]
)));
metric!(WAITING: IntGauge = register_int_gauge!(
    "compare_waiting",
    "Jobs that no worker has"
));
metric!(WAITING_SECONDS: IntGauge = register_int_gauge!(
    "compare_oldest_waiting_seconds",
    "How long the oldest of them has been there"
));
metric!(UPLOAD_BYTES: IntCounter = register_int_counter!(
    "compare_upload_bytes_total",
    "What was uploaded, accepted or not"
));
metric!(ALARM: IntCounterVec = register_int_counter_vec!(
    "compare_alarm_total",
    "What must not happen and somebody should look at",
    &["kind"]
));

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    Finished,
    Failed,
    /// It failed and is tried again.
    PutOff,
    /// Somebody else has the job, or it is not wanted any more.
    Lost,
    /// The process stops.
    GivenBack,
}

impl Run {
    const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::PutOff => "put_off",
            Self::Lost => "lost",
            Self::GivenBack => "given_back",
        }
    }

    pub(crate) fn observe(self, took: Duration) {
        RUNS.with_label_values(&[self.name()]).inc();
        RUN_SECONDS
            .with_label_values(&[self.name()])
            .observe(took.as_secs_f64());
    }
}

/// What must not happen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alarm {
    /// A payment of a job that does not exist.
    NoJob,
    /// Another amount than the job's.
    WrongAmount,
    /// A message that says nothing.
    Malformed,
}

impl Alarm {
    pub(crate) fn raise(self) {
        let kind = match self {
            Self::NoJob => "no_job",
            Self::WrongAmount => "wrong_amount",
            Self::Malformed => "malformed",
        };
        ALARM.with_label_values(&[kind]).inc();
    }
}
