use futures_util::{StreamExt, stream};
use proto::order::ReservedItem;

use super::App;
use crate::{Error, domain::Unsent, metrics, sales::Sale};

/// Sales that are relayed together.
const TOGETHER: usize = 16;
/// Entries of one sale that one run publishes.
const ENTRIES_MAX: usize = 2_000;

impl App {
    /// Publishes reservations that nobody has confirmed for a while, unchanged and with the epoch
    /// that they carry, also while the sale is paused or over; and forgets those that the broker
    /// has.
    pub async fn relay(&self) -> Result<(), Error> {
        stream::iter(self.sales.all())
            .for_each_concurrent(TOGETHER, |sale| async move {
                if let Err(error) = self.relay_in(&sale).await {
                    let error = fault::chain(&error);
                    tracing::warn!(
                        activity.id = sale.id,
                        error,
                        "a hand-off list was not relayed"
                    );
                }
            })
            .await;
        Ok(())
    }

    async fn relay_in(&self, sale: &Sale) -> Result<(), Error> {
        self.forget_confirmed(sale).await?;
        let list = self.stock.unsent(sale.id, self.script_now_ms()).await?;
        if sale.activity().is_live() || !list.entries.is_empty() {
            metrics::unsent(sale.id, &list);
        }
        let before_ms = list.now_ms - self.config.relay_after_ms;
        let old = list
            .entries
            .into_iter()
            .filter(|entry| entry.0.at_ms < before_ms);
        let items: Vec<ReservedItem> = old.take(ENTRIES_MAX).map(|Unsent(item)| item).collect();
        let confirmed = self.hand_off_all(&items).await;
        fail::fail_point!("relay.after_publish", |_| Ok(()));
        self.stock.forget_unsent(sale.id, &confirmed).await
    }

    async fn forget_confirmed(&self, sale: &Sale) -> Result<(), Error> {
        let confirmed = sale.take_confirmed();
        let forgotten = self.stock.forget_unsent(sale.id, &confirmed).await;
        if forgotten.is_err() {
            sale.keep_confirmed(confirmed);
        }
        forgotten
    }
}
