//! Natural batching: callers hand in one item and await its answer; whatever has queued goes out as
//! one call as soon as one of a few slots is free and the call is worth making (`admission`). There is no
//! timer: idle traffic is not delayed, heavy traffic amortises.

mod admission;
mod metrics;
mod worker;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use fault::{Fault, Reason};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admission::Admission,
    worker::{Entry, Worker},
};

/// The bounds of one batcher.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Items that may wait; one more is refused as [`Refused::Full`].
    pub queue_max: usize,
    /// Items that one call takes at most.
    pub batch_max: usize,
    /// Calls that run at the same time, at most.
    pub slots: usize,
}

/// Why an item has no answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the queue of the batcher is full")]
    Full,
    #[error("the batcher has stopped")]
    Stopped,
    /// The call panicked or did not answer every item: whether it had an effect is unknown.
    #[error("the batch broke off; whether it had an effect is unknown")]
    Lost,
}

impl Fault for Refused {
    fn reason(&self) -> Reason {
        match self {
            Self::Full | Self::Stopped => Reason::Unavailable,
            Self::Lost => Reason::Internal,
        }
    }
}

/// Hands items to the workers; clones share the queue.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<Entry<I, O>>,
    admission: Arc<Admission>,
    waiting: prometheus::IntGauge,
}

impl<I, O> Batcher<I, O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    /// Starts `limits.slots` workers on `tracker`. `work` answers a batch with one output per item,
    /// in the items' order. After `stop` everything that is queued, or comes in while the last
    /// requests finish, is still worked off.
    pub fn start<W, F>(
        name: &'static str,
        limits: Limits,
        tracker: &TaskTracker,
        stop: &CancellationToken,
        work: W,
    ) -> Self
    where
        W: Fn(Vec<I>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, entries) = mpsc::channel(limits.queue_max.max(1));
        let entries = Arc::new(Mutex::new(entries));
        let admission = Arc::new(Admission::new());
        let work = Arc::new(work);
        for _ in 0..limits.slots.max(1) {
            let worker = Worker::new(
                name,
                limits.batch_max.max(1),
                entries.clone(),
                admission.clone(),
                stop.clone(),
            );
            let work = work.clone();
            tracker.spawn(async move { worker.run(&*work).await });
        }
        Self {
            queue,
            admission,
            waiting: metrics::WAITING.with_label_values(&[name]),
        }
    }

    /// Hands in `item` and waits for its answer. Dropping the future does not take the item back.
    pub async fn call(&self, item: I) -> Result<O, Refused> {
        let (answer, answered) = oneshot::channel();
        self.waiting.inc();
        if let Err(error) = self.queue.try_send(Entry { item, answer }) {
            self.waiting.dec();
            return Err(match error {
                mpsc::error::TrySendError::Full(_) => Refused::Full,
                mpsc::error::TrySendError::Closed(_) => Refused::Stopped,
            });
        }
        self.admission
            .queued(self.queue.max_capacity() - self.queue.capacity());
        // A worker that is gone with the item was aborted with its runtime.
        answered.await.unwrap_or(Err(Refused::Lost))
    }
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            admission: self.admission.clone(),
            waiting: self.waiting.clone(),
        }
    }
}

impl<I, O> fmt::Debug for Batcher<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher")
            .field("waiting", &self.waiting.get())
            .finish_non_exhaustive()
    }
}
