use std::time::Duration;

use batch::{Batcher, Limits};
use clock::SharedClock;
use fault::{Fault, Reason};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::{Journal, LedgerStore, Posted};
use crate::error::Error;

/// One commit for up to 128 movements: on one hot account the row's lock, and not the disk, is then
/// the limit. A second slot enters the next batch while the first one commits.
const LIMITS: Limits = Limits {
    queue_max: 8192,
    batch_max: 128,
    slots: 2,
};

/// A key that another transaction inserted between our read and our write is found by the next try.
const TRIES_MAX: u32 = 3;
const AGAIN: Duration = Duration::from_millis(5);

type Answer = Result<Posted, Reason>;

/// Movements that are a transaction of their own, made many at a time.
#[derive(Debug, Clone)]
pub(crate) struct Transfers {
    batcher: Batcher<Journal, Answer>,
}

impl Transfers {
    pub(crate) fn start(
        store: &LedgerStore,
        clock: &SharedClock,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (store, clock) = (store.clone(), clock.clone());
        let batcher = Batcher::start("ledger", LIMITS, tracker, stop, move |journals| {
            let (store, clock) = (store.clone(), clock.clone());
            async move { store.post_batch(&journals, clock.now_ms()).await }
        });
        Self { batcher }
    }

    pub(crate) async fn post(&self, journal: Journal) -> Result<Posted, Error> {
        match self.batcher.call(journal).await {
            Ok(answer) => answer.map_err(Error::Movement),
            Err(refused) => Err(Error::Movement(refused.reason())),
        }
    }
}

impl LedgerStore {
    /// A batch that cannot be made together is made one by one, so that one poisoned movement
    /// never fails its neighbours.
    async fn post_batch(&self, journals: &[Journal], now_ms: i64) -> Vec<Answer> {
        match self.post_together(journals, now_ms).await {
            Ok(posted) => return posted.into_iter().map(Ok).collect(),
            Err(error) if journals.len() == 1 || error.is_outage() => {
                warn!(error = fault::chain(&error), "movements failed");
                return vec![Err(error.reason()); journals.len()];
            }
            Err(error) => warn!(
                error = fault::chain(&error),
                "movements are made one by one"
            ),
        }
        let mut answers = Vec::with_capacity(journals.len());
        for journal in journals {
            let posted = self
                .post_together(std::slice::from_ref(journal), now_ms)
                .await;
            answers.push(match posted.as_deref() {
                Ok([posted]) => Ok(*posted),
                Ok(_) => Err(Reason::Internal),
                Err(error) => Err(error.reason()),
            });
        }
        answers
    }

    pub(crate) async fn post_together(
        &self,
        journals: &[Journal],
        now_ms: i64,
    ) -> Result<Vec<Posted>, Error> {
        let mut tries = 1;
        loop {
            let done = db::transact!(self.pool(), "payment.ledger", async |tx| {
                self.post_all(tx, journals, now_ms).await
            })
            .await;
            may_die!("ledger.after_commit");
            match done {
                Err(Error::KeyRace) if tries < TRIES_MAX => {
                    tries += 1;
                    tokio::time::sleep(AGAIN).await;
                }
                done => return done,
            }
        }
    }
}
