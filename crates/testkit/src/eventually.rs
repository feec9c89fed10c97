use std::{future::Future, panic::Location, time::Duration};

use tokio::time::{Instant, sleep};

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Waits until `look` says true; fails the test, naming the caller's line, when it has not within `limit`.
#[track_caller]
pub fn eventually<F, L>(limit: Duration, mut look: L) -> impl Future<Output = ()>
where
    L: FnMut() -> F,
    F: Future<Output = bool>,
{
    let caller = Location::caller();
    async move {
        let started = Instant::now();
        while !look().await {
            assert!(
                started.elapsed() < limit,
                "not within {limit:?} at {caller}"
            );
            sleep(BETWEEN_LOOKS).await;
        }
    }
}
