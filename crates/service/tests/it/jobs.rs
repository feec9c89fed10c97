use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::support::{SOON, ctx};

const PERIOD: Duration = Duration::from_secs(60);

fn runs(service: &str, outcome: &str) -> u64 {
    let families = prometheus::gather();
    let family = families
        .iter()
        .find(|family| family.name() == "job_runs_total");
    let metrics = family
        .map(prometheus::proto::MetricFamily::get_metric)
        .unwrap_or_default();
    let ours = metrics.iter().filter(|metric| {
        let has = |value: &str| {
            metric
                .get_label()
                .iter()
                .any(|label| label.value() == value)
        };
        has(service) && has(outcome)
    });
    ours.map(|metric| metric.get_counter().get_value() as u64)
        .sum()
}

#[tokio::test(start_paused = true)]
async fn a_job_runs_at_once_and_then_every_period_until_the_process_stops() {
    let (ctx, count) = (ctx("regular"), Arc::new(AtomicU32::new(0)));
    ctx.every("count", PERIOD, {
        let count = count.clone();
        move || {
            count.fetch_add(1, Ordering::SeqCst);
            async { Ok::<(), Infallible>(()) }
        }
    });
    tokio::time::sleep(PERIOD * 3 + PERIOD / 2).await;
    assert_eq!(count.load(Ordering::SeqCst), 4);
    assert!(ctx.shut_down(SOON).await);
    tokio::time::sleep(PERIOD * 3).await;
    assert_eq!(count.load(Ordering::SeqCst), 4);
    assert_eq!(runs("regular", "ok"), 4);
}

#[tokio::test(start_paused = true)]
async fn runs_do_not_overlap_and_shutdown_waits_for_the_one_under_way() {
    let (ctx, running, most) = (
        ctx("slow"),
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicU32::new(0)),
    );
    ctx.every("sleep", PERIOD, {
        let (running, most) = (running.clone(), most.clone());
        move || {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(PERIOD * 2).await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok::<(), Infallible>(())
            }
        }
    });
    tokio::time::sleep(PERIOD * 5).await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    let start = Instant::now();
    assert!(ctx.shut_down(PERIOD * 3).await);
    assert!(start.elapsed() > Duration::ZERO);
    assert_eq!(running.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_or_panics_runs_again() {
    let (ctx, count) = (ctx("unlucky"), Arc::new(AtomicU32::new(0)));
    ctx.every("stumble", PERIOD, {
        let count = count.clone();
        move || {
            let turn = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match turn {
                    0 => Err(io::Error::other("as the test wants it")),
                    1 => panic!("as the test wants it"),
                    _ => Ok(()),
                }
            }
        }
    });
    tokio::time::sleep(PERIOD * 2 + PERIOD / 2).await;
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let outcomes = ["failed", "panicked", "ok"].map(|outcome| runs("unlucky", outcome));
    assert_eq!(outcomes, [1, 1, 1]);
    assert!(ctx.shut_down(SOON).await);
}
