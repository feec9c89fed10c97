//! Hands messages to the broker, oldest first. Any number of replicas may run one: a message is claimed by
//! lease, so it is sent twice only when a relay dies, or is held up longer than its lease, in between.

use std::{collections::HashSet, sync::Arc, time::Duration};

use clock::SharedClock;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{metrics, store};

/// How long a message may stay with one relay: well above the time in which a publish gives up.
const LEASE_MS: i64 = 30_000;
/// Between looks, when nobody wakes the relay.
const POLL: Duration = Duration::from_millis(200);
/// After a failure of either engine.
const PAUSE: Duration = Duration::from_secs(1);
/// Between measurements of the backlog.
const MEASURE: Duration = Duration::from_secs(5);

/// Tells the relay of this process that something was committed.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    pub fn now(&self) {
        self.0.notify_one();
    }
}

pub struct Relay {
    pool: db::Pool,
    publisher: mq::Publisher,
    clock: SharedClock,
}

enum Round {
    /// Nothing is left to send.
    Idle,
    /// There may be more.
    Busy,
    /// Something went wrong; it is logged.
    Failed,
}

impl Relay {
    /// Runs on `tracker` until `stop`, and then once more.
    pub fn start(
        pool: db::Pool,
        publisher: mq::Publisher,
        clock: SharedClock,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Wake {
        let wake = Wake::default();
        let relay = Self {
            pool,
            publisher,
            clock,
        };
        let (woken, stop) = (wake.clone(), stop.clone());
        tracker.spawn(async move { relay.run(&woken, &stop).await });
        wake
    }

    async fn run(&self, wake: &Wake, stop: &CancellationToken) {
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            if measured.is_none_or(|at| at.elapsed() >= MEASURE) {
                self.measure().await;
                measured = Some(Instant::now());
            }
            // Only the waits are cut short: a statement that is dropped half-way keeps its connection.
            match self.round().await {
                Round::Busy => {}
                Round::Idle => {
                    tokio::select! {
                        () = wake.0.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Round::Failed => {
                    stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                }
            }
        }
        self.round().await;
    }

    async fn round(&self) -> Round {
        match self.send_some().await {
            Ok(round) => round,
            Err(error) => {
                warn!(error = %fault::chain(&error), "the outbox cannot be read");
                Round::Failed
            }
        }
    }

    async fn send_some(&self) -> Result<Round, sqlx::Error> {
        let owner: i64 = rand::random();
        let now_ms = self.clock.now_ms();
        let claimed = store::claim(&self.pool, owner, now_ms, now_ms + LEASE_MS).await?;
        if claimed.is_empty() {
            return Ok(Round::Idle);
        }
        let is_full = claimed.len() == store::CLAIM_MAX;
        let messages = claimed.iter().map(|row| row.message.clone()).collect();
        let unsent: HashSet<_> = match self.publisher.publish(messages).await {
            Ok(()) => HashSet::new(),
            Err(error) => {
                warn!(error = %fault::chain(&error), "the outbox keeps messages back");
                error.unsent.into_iter().collect()
            }
        };
        let (kept, sent): (Vec<_>, Vec<_>) = claimed
            .iter()
            .partition(|row| unsent.contains(&row.message.id));
        let [kept, sent] =
            [kept, sent].map(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>());
        metrics::RELAYED
            .with_label_values(&["sent"])
            .inc_by(sent.len() as u64);
        metrics::RELAYED
            .with_label_values(&["kept"])
            .inc_by(kept.len() as u64);
        store::delete(&self.pool, owner, &sent).await?;
        store::release(&self.pool, owner, &kept).await?;
        Ok(match (kept.is_empty(), is_full) {
            (false, _) => Round::Failed,
            (true, true) => Round::Busy,
            (true, false) => Round::Idle,
        })
    }

    async fn measure(&self) {
        // The round that follows says what is wrong.
        let Ok(backlog) = store::backlog(&self.pool).await else {
            return;
        };
        let schema = &[backlog.schema.as_str()];
        metrics::UNSENT
            .with_label_values(schema)
            .set(backlog.unsent);
        let age_ms = backlog
            .oldest_ms
            .map_or(0, |at| (self.clock.now_ms() - at).max(0));
        metrics::OLDEST_SECONDS
            .with_label_values(schema)
            .set(age_ms as f64 / 1_000.0);
    }
}
