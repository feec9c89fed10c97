use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use service::Role;
use tokio::sync::Notify;

use crate::support::{SOON, ctx};

#[tokio::test]
async fn what_is_under_way_finishes_and_nothing_new_begins() {
    let (ctx, finished) = (ctx("order"), Arc::new(AtomicBool::new(false)));
    assert!(ctx.has(Role::Jobs) && !ctx.has(Role::Grpc));
    ctx.spawn({
        let (stop, finished) = (ctx.stop().clone(), finished.clone());
        async move {
            stop.cancelled().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            finished.store(true, Ordering::SeqCst);
        }
    });
    assert!(ctx.shut_down(SOON).await);
    assert!(finished.load(Ordering::SeqCst));
    assert_eq!(
        ctx.readiness().report().await["running"].as_deref(),
        Some("stopping")
    );
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_end_is_cut_off_and_that_is_said() {
    let ctx = ctx("order");
    ctx.spawn(std::future::pending());
    assert!(!ctx.shut_down(SOON).await);
}

#[tokio::test(start_paused = true)]
async fn readiness_names_what_is_wrong() {
    let ctx = ctx("order");
    assert!(ctx.readiness().report().await.is_empty());
    ctx.readiness().add("mysql", async || Ok(()));
    ctx.readiness()
        .add("redis", async || Err("no answer from 10.0.0.7".to_owned()));
    let never = Arc::new(Notify::new());
    ctx.readiness().add("rabbitmq", move || {
        let never = never.clone();
        async move {
            never.notified().await;
            Ok(())
        }
    });
    let report = ctx.readiness().report().await;
    assert_eq!(report["mysql"], None);
    assert_eq!(report["redis"].as_deref(), Some("no answer from 10.0.0.7"));
    assert!(
        report["rabbitmq"]
            .as_ref()
            .unwrap()
            .contains("no answer in")
    );
}
