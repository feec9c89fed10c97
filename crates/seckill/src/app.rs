//! What can be asked of a sale: one verb, one file.

mod accepted;
mod activity_view;
mod audit;
mod cancel_activity;
mod create_activity;
mod detect;
mod finish_intent;
mod get_activity;
mod get_ticket;
mod hand_off;
mod init_sale;
mod lease_ids;
mod list_activities;
mod rebuild;
mod reconcile;
mod refresh;
mod relay;
mod release;
mod reserve;
mod update_activity;
mod warm_up;

use std::sync::atomic::AtomicU64;

use auth::Sealer;
use clock::SharedClock;
use proto::{
    order::{ReservedItem, order_client::OrderClient},
    product::product_client::ProductClient,
};

pub(crate) use audit::Findings;
pub(crate) use hand_off::hand_off;
pub(crate) use release::Release;

use crate::{
    config, domain::Activity, order_ids::OrderIds, sales::Sales, stock::Stock, store::Store,
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
    /// Winners on their way to the broker; answers whether it has them.
    pub(crate) hand_off: batch::Batcher<ReservedItem, bool>,
    pub(crate) config: config::Sale,
    /// Names this process in leases.
    pub(crate) owner: String,
    /// Tells two rebuilds of this process apart.
    pub(crate) fences: AtomicU64,
}

/// How long whoever records an intent may work on it before another replica takes over.
pub(crate) const INTENT_MS: i64 = 60_000;

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

    pub(crate) fn intent_until_ms(&self) -> i64 {
        self.now_ms().saturating_add(INTENT_MS)
    }

    /// Whether the sale should be in Redis by now.
    pub(crate) fn is_due(&self, activity: &Activity) -> bool {
        activity.is_live() && self.now_ms() >= activity.start_ms - self.config.warm_up_ms()
    }
}
