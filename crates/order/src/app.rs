//! What order can be asked to do: one verb, one file.

mod allow_payment;
mod cancel_order;
mod cancel_unlanded;
mod expire;
mod fence;
mod get_order;
mod land;
mod lease_ids;
mod list_orders;
mod live_units;
mod outcome;
mod payment_closed;
mod payment_paid;
mod payment_refunded;
mod prune_inbox;
mod refund_order;
mod sale;
mod step;
mod sweep;

use clock::SharedClock;
use db::Pool;
use proto::seckill::seckill_client::SeckillClient;

pub use fence::{Fenced, Intent, Verdict as FenceVerdict};
pub use get_order::Face;
pub use land::LandOutcome;
pub use list_orders::{Page, Wanted};
pub use live_units::LivePage;
pub use outcome::Outcome;
pub use payment_paid::Received;

use crate::config;

pub struct App {
    pool: Pool,
    clock: SharedClock,
    wake: outbox::Wake,
    seckill: SeckillClient<rpc::Channel>,
    closing: config::Closing,
}

/// What an event changed, or why it cannot change anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    Done,
    /// The message is at fault; it never will be anything else.
    Dead(&'static str),
}

impl App {
    pub fn new(
        pool: Pool,
        clock: SharedClock,
        wake: outbox::Wake,
        seckill: SeckillClient<rpc::Channel>,
        closing: config::Closing,
    ) -> Self {
        Self {
            pool,
            clock,
            wake,
            seckill,
            closing,
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// When a closing order is looked at again.
    fn ask_at_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add_unsigned(self.closing.ask_again_ms)
    }
}
