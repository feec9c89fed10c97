use std::{pin::Pin, sync::LazyLock, time::Instant};

use prometheus::{HistogramOpts, HistogramVec, core::Collector};

use crate::Error;

static SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = HistogramOpts::new("blob_seconds", "A call to the object store").buckets(vec![
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]);
    registered(HistogramVec::new(opts, &["verb", "outcome"]))
});

/// Awaits one call and measures it. The SDK's futures are large: boxed, they do not fill their
/// callers.
pub(crate) async fn measured<T>(
    verb: &'static str,
    call: Pin<Box<impl Future<Output = Result<T, Error>>>>,
) -> Result<T, Error> {
    let started = Instant::now();
    let result = call.await;
    let outcome = match &result {
        Ok(_) => "ok",
        Err(Error::NotFound { .. }) => "not_found",
        Err(Error::TooLarge { .. } | Error::Content { .. }) => "refused",
        Err(Error::Store { .. }) => "failed",
    };
    SECONDS
        .with_label_values(&[verb, outcome])
        .observe(started.elapsed().as_secs_f64());
    result
}

#[expect(
    clippy::expect_used,
    reason = "constant descriptions, each registered once"
)]
fn registered<C: Collector + Clone + 'static>(metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("a valid metric description");
    prometheus::register(Box::new(metric.clone())).expect("a metric of its own name");
    metric
}
