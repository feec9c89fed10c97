//! What can be asked of a sale: one verb, one file.

mod accept;
mod accepted;
mod activity_view;
mod audit;
mod cancel_activity;
mod create_activity;
mod detect;
mod drain;
mod finish_intent;
mod get_activity;
mod get_ticket;
mod hand_off;
mod init_sale;
mod lease_ids;
mod list_activities;
mod poll_epochs;
mod rebuild;
mod reconcile;
mod refresh;
mod relay;
mod release;
mod reserve;
mod update_activity;
mod warm_up;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use auth::Sealer;
use clock::SharedClock;
use proto::{
    order::{ReservedItem, order_client::OrderClient},
    product::product_client::ProductClient,
};

use tokio::sync::{Mutex, Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

pub(crate) use audit::Findings;
pub(crate) use hand_off::hand_off;
pub use release::Release;

use crate::{
    Error, config, domain::Activity, order_ids::OrderIds, sales::Sales, stock::Stock, store::Store,
};

/// The seckill service, free of any transport.
pub struct App {
    pub(crate) store: Store,
    pub(crate) stock: Stock,
    pub(crate) broker: mq::Broker,
    pub(crate) order: OrderClient<rpc::Channel>,
    pub(crate) product: ProductClient<rpc::Channel>,
    pub(crate) sealer: Sealer,
    pub(crate) clock: SharedClock,
    pub(crate) sales: Sales,
    pub(crate) order_ids: OrderIds,
    /// Groups of winners on their way to the broker; answers whether it has them.
    pub(crate) hand_off: batch::Batcher<Vec<ReservedItem>, bool>,
    /// How long a buyer waits for that answer.
    pub(crate) confirm: Duration,
    /// Buyers that one script serves.
    pub(crate) buyers_per_call: usize,
    pub(crate) config: config::Sale,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// Names this process in leases.
    pub(crate) owner: String,
    /// Tells two rebuilds of this process apart.
    pub(crate) fences: AtomicU64,
    /// Fences that may run at once, see [`FENCES_MAX`].
    pub(crate) fences_running: Semaphore,
    /// Sales that this process may rebuild at once, see [`REBUILDS_MAX`].
    pub(crate) rebuilds_running: Semaphore,
    /// Turns of readers whose looks are old: one asks Redis for all.
    pub(crate) looking: Mutex<()>,
    /// Redis did not answer the last call of the race.
    pub(crate) redis_lost: AtomicBool,
    /// Rings when it does again: what it holds now may be older.
    pub(crate) redis_back: Notify,
}

/// How long the replica that records an intent may work on it before another takes over.
pub(crate) const INTENT_MS: i64 = 60_000;

/// A fence holds one of order's few connections and reads every live unit of its sale.
pub(crate) const FENCES_MAX: usize = 4;
/// Each rebuild holds a lease that it renews, and looks at its queue while it drains.
pub(crate) const REBUILDS_MAX: usize = 64;

impl App {
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// What scripts take for now; 0 leaves it to them.
    pub(crate) fn script_now_ms(&self) -> i64 {
        if self.config.redis_time {
            0
        } else {
            self.now_ms()
        }
    }

    /// Runs what has to go on when its caller has gone, or has no time left: nothing of the call's
    /// deadline reaches into it.
    pub(crate) async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let work = self.tracker.spawn(work.in_current_span());
        work.await
            .unwrap_or(Err(Error::Unexpected("a task broke off")))
    }

    pub(crate) fn redis_failed(&self) {
        self.redis_lost.store(true, Ordering::SeqCst);
    }

    pub(crate) fn redis_answered(&self) {
        if self.redis_lost.load(Ordering::Relaxed) && self.redis_lost.swap(false, Ordering::SeqCst)
        {
            self.redis_back.notify_one();
        }
    }

    pub(crate) fn intent_until_ms(&self) -> i64 {
        self.now_ms().saturating_add(INTENT_MS)
    }

    /// Whether the sale should be in Redis by now.
    pub(crate) fn is_due(&self, activity: &Activity) -> bool {
        activity.is_live() && self.now_ms() >= activity.start_ms - self.config.warm_up_ms()
    }
}
