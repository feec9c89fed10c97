use std::{error::Error, future::Future, sync::LazyLock, time::Duration};

use prometheus::{HistogramVec, IntCounterVec, register_histogram_vec, register_int_counter_vec};
use tokio::time::MissedTickBehavior;
use tracing::Instrument;

use crate::Ctx;

#[expect(
    clippy::expect_used,
    reason = "the names are constants and registered once"
)]
static RUNS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "job_runs_total",
        "Runs of a timed job by how they ended.",
        &["service", "job", "outcome"]
    )
    .expect("a metric that registers")
});

#[expect(
    clippy::expect_used,
    reason = "the names are constants and registered once"
)]
static SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "job_seconds",
        "How long a timed job takes.",
        &["service", "job"]
    )
    .expect("a metric that registers")
});

impl Ctx {
    /// Runs `job` now and then every `period`, one run at a time, until the process stops. A run that fails is
    /// logged, counted, and tried again at its next turn.
    pub fn every<J, R, E>(&self, name: &'static str, period: Duration, job: J)
    where
        J: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Error + Send + 'static,
    {
        let (service, stop) = (self.name, self.stop().clone());
        self.spawn(async move {
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                let span = tracing::debug_span!("job", otel.name = name, job.name = name);
                let timer = SECONDS.with_label_values(&[service, name]).start_timer();
                let result = job().instrument(span).await;
                timer.observe_duration();
                let outcome = if result.is_ok() { "ok" } else { "failed" };
                RUNS.with_label_values(&[service, name, outcome]).inc();
                if let Err(error) = result {
                    tracing::warn!(job.name = name, error = %fault::chain(&error), "a job failed; it runs again");
                }
            }
        });
    }
}
