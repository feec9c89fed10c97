use std::sync::Arc;

use futures_util::{StreamExt, stream};
use proto::order::ReservedItem;

use super::App;
use crate::{Error, domain::Unsent, metrics, sales::Sale, stock::HandOff};

/// Sales whose lists are counted together.
const COUNTED: usize = 100;
/// Sales that are relayed together.
const TOGETHER: usize = 16;
/// Entries of one sale that one run publishes.
const ENTRIES_MAX: usize = 2_000;

impl App {
    /// Publishes reservations that stay unconfirmed for a while, unchanged and with the epoch
    /// that they carry, also while the sale is paused or over; and forgets those that the broker
    /// has.
    pub async fn relay(&self) -> Result<(), Error> {
        let mut waiting = Vec::new();
        for sales in self.sales.all().chunks(COUNTED) {
            waiting.extend(self.with_unsent(sales).await?);
        }
        stream::iter(waiting)
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

    /// The sales whose lists are not known to be empty.
    async fn with_unsent(&self, sales: &[Arc<Sale>]) -> Result<Vec<Arc<Sale>>, Error> {
        let ids: Vec<i64> = sales.iter().map(|sale| sale.id).collect();
        let counts = self.stock.unsent_counts(&ids).await?;
        let mut waiting = Vec::new();
        for (sale, count) in sales.iter().zip(counts) {
            if !matches!(count, Ok(0)) {
                waiting.push(Arc::clone(sale));
            } else if sale.activity().is_live() {
                metrics::unsent(sale.id, &HandOff::default());
            }
        }
        Ok(waiting)
    }

    async fn relay_in(&self, sale: &Sale) -> Result<(), Error> {
        self.forget_confirmed(sale).await?;
        let list = self.stock.unsent(sale.id, self.script_now_ms()).await?;
        metrics::unsent(sale.id, &list);
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
