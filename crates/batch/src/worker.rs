//! One slot: takes what has queued, makes one call, answers each item.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::yield_now,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{Refused, admission::Admission, metrics};

/// After stop, a queue that stays empty this long is closed: requests that were accepted before may
/// still be on their way here.
const LINGER: Duration = Duration::from_millis(250);
/// After stop, the queue is closed at the latest after this, even under load.
const LINGER_MAX: Duration = Duration::from_secs(5);

pub(crate) struct Entry<I, O> {
    pub(crate) item: I,
    pub(crate) answer: oneshot::Sender<Result<O, Refused>>,
}

type Entries<I, O> = mpsc::Receiver<Entry<I, O>>;

pub(crate) struct Worker<I, O> {
    name: &'static str,
    batch_max: usize,
    /// Held by the slot that waits for the first item of its batch.
    entries: Arc<Mutex<Entries<I, O>>>,
    admission: Arc<Admission>,
    stop: CancellationToken,
    /// When this slot first saw the stop.
    stopped_at: OnceLock<Instant>,
    size: prometheus::Histogram,
    waiting: prometheus::IntGauge,
}

impl<I, O> Worker<I, O> {
    pub(crate) fn new(
        name: &'static str,
        batch_max: usize,
        entries: Arc<Mutex<Entries<I, O>>>,
        admission: Arc<Admission>,
        stop: CancellationToken,
    ) -> Self {
        let size = metrics::SIZE.with_label_values(&[name]);
        let waiting = metrics::WAITING.with_label_values(&[name]);
        Self {
            name,
            batch_max,
            entries,
            admission,
            stop,
            stopped_at: OnceLock::new(),
            size,
            waiting,
        }
    }

    pub(crate) async fn run<W, F>(&self, work: &W)
    where
        W: Fn(Vec<I>) -> F,
        F: Future<Output = Vec<O>>,
    {
        while let Some((items, answers)) = self.take().await {
            self.size.observe(items.len() as f64);
            let in_flight = self.admission.begin(items.len());
            // The closure is called inside, so that a panic before its first await is caught too.
            let outcome = AssertUnwindSafe(async { work(items).await })
                .catch_unwind()
                .await;
            drop(in_flight);
            self.answer(answers, outcome.ok());
        }
    }

    /// The next batch; `None` when the batcher is stopped and drained.
    async fn take(&self) -> Option<(Vec<I>, Vec<oneshot::Sender<Result<O, Refused>>>)> {
        let mut entries = self.entries.lock().await;
        let first = self.first(&mut entries).await?;
        tokio::select! {
            () = self.admission.admit(self.batch_max, || entries.len()) => {}
            () = self.stop.cancelled() => {}
        }
        // Callers that are ready to run hand in their items before the batch closes.
        yield_now().await;
        let mut items = vec![first.item];
        let mut answers = vec![first.answer];
        while items.len() < self.batch_max {
            let Ok(entry) = entries.try_recv() else { break };
            items.push(entry.item);
            answers.push(entry.answer);
        }
        self.waiting.sub(items.len() as i64);
        Some((items, answers))
    }

    async fn first(&self, entries: &mut Entries<I, O>) -> Option<Entry<I, O>> {
        if self.stop.is_cancelled()
            && self.stopped_at.get_or_init(Instant::now).elapsed() > LINGER_MAX
        {
            entries.close();
        }
        if let Ok(entry) = entries.try_recv() {
            return Some(entry);
        }
        let entry = tokio::select! {
            entry = entries.recv() => return entry,
            () = self.stop.cancelled() => self.linger(entries).await,
        };
        if entry.is_some() {
            return entry;
        }
        // What is queued already is still taken; only new items are refused.
        entries.close();
        entries.recv().await
    }

    async fn linger(&self, entries: &mut Entries<I, O>) -> Option<Entry<I, O>> {
        timeout(LINGER, entries.recv()).await.ok().flatten()
    }

    fn answer(&self, answers: Vec<oneshot::Sender<Result<O, Refused>>>, outputs: Option<Vec<O>>) {
        // A caller that has gone away no longer wants its answer.
        match outputs {
            Some(outputs) if outputs.len() == answers.len() => {
                for (answer, output) in answers.into_iter().zip(outputs) {
                    let _ = answer.send(Ok(output));
                }
            }
            broken => {
                let answered = broken.map(|outputs| outputs.len());
                let items = answers.len();
                error!(
                    batch.name = self.name,
                    batch.items = items,
                    ?answered,
                    "a batch broke off"
                );
                for answer in answers {
                    let _ = answer.send(Err(Refused::Lost));
                }
            }
        }
    }
}
