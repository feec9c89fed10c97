//! Hands messages to the broker, oldest first. Any number of replicas may run one: a message is
//! claimed by lease, so it is sent twice only when a relay dies, or is held up longer than its
//! lease, in between.

use std::{collections::HashSet, sync::Arc, time::Duration};

use clock::SharedClock;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{metrics, store};

/// How long a message may stay with one relay: well above the time in which a publish gives up.
const LEASE_MS: i64 = 30_000;
/// Between looks, when nothing wakes the relay.
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

/// Before every id.
const START: i64 = 0;

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
        let mut after = START;
        while !stop.is_cancelled() {
            if measured.is_none_or(|at| at.elapsed() >= MEASURE) {
                self.measure().await;
                measured = Some(Instant::now());
            }
            // Only the waits are cut short: a statement that is dropped half-way keeps its
            // connection.
            match self.round(&mut after).await {
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
        after = START;
        self.round(&mut after).await;
    }

    async fn round(&self, after: &mut i64) -> Round {
        match self.send_some(after).await {
            Ok(round) => round,
            Err(error) => {
                warn!(error = %fault::chain(&error), "the outbox cannot be read");
                Round::Failed
            }
        }
    }

    /// Sends what one claim takes. `after` moves on behind messages that were kept back, so that a
    /// queue which cannot be published to does not hold up the others, and starts over at the end.
    async fn send_some(&self, after: &mut i64) -> Result<Round, sqlx::Error> {
        let owner: i64 = rand::random();
        let now_ms = self.clock.now_ms();
        let lease_until_ms = now_ms + LEASE_MS;
        let claimed = store::claim(&self.pool, owner, *after, now_ms, lease_until_ms).await?;
        let is_full = claimed.len() == store::CLAIM_MAX;
        let last = claimed.last().map_or(START, |row| row.id);
        if !is_full {
            *after = START;
        }
        if claimed.is_empty() {
            return Ok(Round::Idle);
        }
        let messages = claimed.iter().map(|row| row.message.clone()).collect();
        let (unsent, is_outage) = match self.publisher.publish(messages).await {
            Ok(()) => (HashSet::new(), false),
            Err(error) => {
                warn!(error = %fault::chain(&error), "the outbox keeps messages back");
                let is_outage = error.cause.is_outage();
                (error.unsent.into_iter().collect(), is_outage)
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
        if is_full && !is_outage && (*after > START || !kept.is_empty()) {
            *after = last;
        }
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
