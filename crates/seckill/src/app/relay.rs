use futures_util::future::join_all;

use super::App;
use crate::{Error, domain::Unsent, metrics, sales::Sale};

impl App {
    /// Publishes reservations that nobody has confirmed for a while, unchanged and with the epoch that they
    /// carry, also while the sale is paused; and forgets those that the broker has.
    pub(crate) async fn relay(&self) -> Result<(), Error> {
        for sale in self.sales.all() {
            self.forget_confirmed(&sale).await?;
            self.relay_sale(&sale).await?;
        }
        Ok(())
    }

    async fn forget_confirmed(&self, sale: &Sale) -> Result<(), Error> {
        let confirmed = sale.take_confirmed();
        let forgotten = self.stock.forget_unsent(sale.id(), &confirmed).await;
        if forgotten.is_err() {
            sale.keep_confirmed(confirmed);
        }
        forgotten
    }

    async fn relay_sale(&self, sale: &Sale) -> Result<(), Error> {
        let unsent = self.stock.unsent(sale.id()).await?;
        metrics::unsent(sale.id(), &unsent, self.now_ms());
        let stale_before = self.now_ms() - self.config.relay_after_ms;
        let stale = unsent
            .into_iter()
            .filter(|Unsent(item)| item.at_ms < stale_before);
        let calls = stale.map(|Unsent(item)| async move {
            let order_id = item.order_id;
            (order_id, self.hand_off.call(item).await.unwrap_or(false))
        });
        let answers = join_all(calls).await;
        fail::fail_point!("relay.after_publish", |_| Ok(()));
        let confirmed: Vec<String> = answers
            .into_iter()
            .filter(|(_, confirmed)| *confirmed)
            .map(|(order_id, _)| order_id.to_string())
            .collect();
        self.stock.forget_unsent(sale.id(), &confirmed).await
    }
}
