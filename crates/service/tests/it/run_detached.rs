use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::FutureExt;
use service::run_detached;
use tokio::sync::Notify;

use crate::support::SOON;

#[tokio::test]
async fn work_goes_on_when_nobody_waits_for_it_any_more() {
    let (begun, go_on, ended) = (
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let finished = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn(run_detached({
        let (begun, go_on, ended) = (begun.clone(), go_on.clone(), ended.clone());
        let finished = finished.clone();
        async move {
            begun.notify_one();
            go_on.notified().await;
            finished.store(true, Ordering::SeqCst);
            ended.notify_one();
        }
    }));
    begun.notified().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    tokio::time::timeout(SOON, ended.notified()).await.unwrap();
    assert!(finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn an_answer_is_an_answer_and_a_panic_a_panic() {
    assert_eq!(run_detached(async { 7 }).await, 7);
    let panic =
        std::panic::AssertUnwindSafe(run_detached(async { panic!("as the test wants it") }));
    let payload = panic.catch_unwind().await.unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"as the test wants it"));
}
