use std::{error::Error, future::Future, panic::AssertUnwindSafe, sync::LazyLock, time::Duration};

use futures_util::FutureExt;
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
    /// Runs `job` now and then every `period`, one run at a time, until the process stops, which lets a run
    /// finish. A run that fails or panics is logged, counted, and tried again at its next turn; one that takes
    /// longer than `period` delays the next. Each run is a trace of its own.
    pub fn every<J, R, E>(&self, name: &'static str, period: Duration, job: J)
    where
        J: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Error + Send + 'static,
    {
        let (service, stop) = (self.name, self.stop().clone());
        self.spawn(async move {
            // Zero would be a busy loop, and tokio refuses it.
            let mut ticks = tokio::time::interval(period.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                run(service, name, &job).await;
            }
        });
    }
}

async fn run<J, R, E>(service: &str, name: &str, job: J)
where
    J: Fn() -> R,
    R: Future<Output = Result<(), E>>,
    E: Error,
{
    let span = tracing::info_span!(
        parent: None,
        "job",
        otel.name = format!("{service}.{name}"),
        service = service,
        job.name = name,
    );
    let timer = SECONDS.with_label_values(&[service, name]).start_timer();
    let work = AssertUnwindSafe(async { job().await });
    let outcome = async {
        match work.catch_unwind().await {
            Ok(Ok(())) => "ok",
            Ok(Err(error)) => {
                tracing::warn!(error = %fault::chain(&error), "a job failed; it runs again");
                "failed"
            }
            Err(_) => {
                tracing::error!("a job panicked; it runs again");
                "panicked"
            }
        }
    };
    let outcome = outcome.instrument(span).await;
    timer.observe_duration();
    RUNS.with_label_values(&[service, name, outcome]).inc();
}
