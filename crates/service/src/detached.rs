use std::{future::Future, panic};

use tracing::Instrument;

/// Runs a request's work in a task of its own and waits for it.
///
/// A caller that goes away drops only the waiting: a dropped future in the middle of a read would leave its
/// MySQL connection unusable and, in the end, the pool empty. A panic inside is a panic here.
pub async fn run_detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => panic::resume_unwind(payload),
            // Only the runtime's own end cancels a task that is not aborted.
            Err(_) => std::future::pending().await,
        },
    }
}
