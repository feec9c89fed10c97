//! What order can be asked to do: one verb, one file.

mod allow_payment;
mod cancel_order;
mod cancel_unlanded;
mod cart;
mod coupons;
mod create_order;
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
mod retail;
mod sale;
mod ship_order;
mod step;
mod sweep;

use clock::SharedClock;
use db::Pool;
use ids::BlockSource;
use proto::{product::inventory_client::InventoryClient, seckill::seckill_client::SeckillClient};

pub use cart::{Owner, Shown};
pub use coupons::{Owned, TemplateEdit};
pub use create_order::Placing;
pub use fence::{Fenced, Intent, Verdict as FenceVerdict};
pub use get_order::Face;
pub use land::LandOutcome;
pub use list_orders::{Page, Wanted};
pub use live_units::LivePage;
pub use outcome::Outcome;
pub use payment_paid::Received;
pub use ship_order::Parcel;

use crate::{Error, config};

pub struct App {
    pool: Pool,
    clock: SharedClock,
    wake: outbox::Wake,
    seckill: SeckillClient<rpc::Channel>,
    inventory: InventoryClient<rpc::Channel>,
    closing: config::Closing,
    retail: config::Retail,
    /// Of ordinary orders made here.
    ids: BlockSource,
}

/// The services that order asks.
pub struct Peers {
    pub seckill: SeckillClient<rpc::Channel>,
    pub inventory: InventoryClient<rpc::Channel>,
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
        peers: Peers,
        closing: config::Closing,
        retail: config::Retail,
    ) -> Self {
        Self {
            pool,
            clock,
            wake,
            seckill: peers.seckill,
            inventory: peers.inventory,
            closing,
            retail,
            ids: BlockSource::default(),
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// When a closing order is looked at again.
    fn ask_at_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add_unsigned(self.closing.ask_again_ms)
    }
}

/// The row's spelling of an Idempotency-Key; `None`: there is none. `#` marks the stand-ins of rows without one.
fn request_key(what: &'static str, key: &str) -> Result<Option<String>, Error> {
    const LEN_MAX: usize = 64;
    if key.is_empty() {
        return Ok(None);
    }
    if key.len() > LEN_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::Parameter(
            "Idempotency-Key has 1 to 64 visible ASCII characters",
        ));
    }
    Ok(Some(format!("{what}/{key}")))
}
