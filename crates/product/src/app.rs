//! What can be asked of the catalogue: one verb, one file.

mod adjust;
mod create;
mod delete;
mod get;
mod list;
mod reserve;
mod return_stock;
mod settle;
mod take_stock;
mod update;

use clock::SharedClock;

use crate::{
    Error,
    cache::Details,
    config,
    domain::{Move, Outcome, Receipt},
    metrics,
    store::Store,
};

/// The product service, free of any transport.
#[derive(Debug)]
pub struct App {
    store: Store,
    details: Details,
    clock: SharedClock,
}

impl App {
    pub(crate) fn new(store: Store, cache: config::Cache, clock: SharedClock) -> Self {
        Self {
            store,
            details: Details::new(cache),
            clock,
        }
    }

    /// Moves stock once per key; a repeated key gets its first answer, and so does one that is used twice at
    /// the same time.
    async fn move_once(&self, wanted: &Move) -> Result<Receipt, Error> {
        if let Some(receipt) = self.store.receipt(wanted).await? {
            return Ok(receipt);
        }
        match self.store.move_stock(wanted, self.clock.now_ms()).await {
            Ok(receipt) => {
                if receipt.outcome == Outcome::Moved {
                    self.details.forget(wanted.product).await;
                }
                metrics::stock_moved(wanted.kind, receipt.outcome);
                Ok(receipt)
            }
            Err(error) if Store::has_receipt(&error) => {
                self.store.receipt(wanted).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}
