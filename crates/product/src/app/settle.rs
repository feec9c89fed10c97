use ids::OrderId;
use tracing::info;

use super::App;
use crate::{Error, domain::Purpose, metrics, store::Store};

impl App {
    /// Says what becomes of the units that an order holds, once per order and purpose, in any order of messages.
    #[tracing::instrument(name = "product.settle", skip_all, fields(order.id = %order))]
    pub async fn settle(&self, order: OrderId, purpose: Purpose) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let settled = match self.store.settle(order, purpose, now_ms).await {
            // The reservation arrived between the look and the mark: now there is a row to lock.
            Err(error) if Store::has_receipt(&error) => {
                self.store.settle(order, purpose, now_ms).await
            }
            settled => settled,
        };
        let products = settled?;
        for product in &products {
            self.details.forget(*product).await;
        }
        if !products.is_empty() {
            metrics::settled(purpose);
            info!(purpose = purpose.word(), "held units were settled");
        }
        Ok(())
    }
}
