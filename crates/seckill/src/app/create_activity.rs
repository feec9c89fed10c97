use std::sync::Arc;

use proto::product::{GetRequest, Item};

use super::App;
use crate::{
    Error,
    domain::{Activity, Draft, Invalid, UNITS_MAX},
    store::Product,
};

impl App {
    /// Publishes an activity: its units leave the product's stock.
    pub(crate) async fn create_activity(self: &Arc<Self>, draft: Draft) -> Result<Activity, Error> {
        let item = self.item(draft.product_id).await?;
        if !item.on_shelf {
            return Err(Error::OffShelf(draft.product_id));
        }
        let mut draft = draft.checked(self.now_ms())?;
        if draft.units == 0 {
            draft.units = item.stock.min(UNITS_MAX);
        }
        if draft.units == 0 {
            return Err(Error::Stock);
        }
        let product = Product {
            name: item.name,
            image: item.image_url,
            price_fen: item.price_fen,
        };
        let until_ms = self.intent_until_ms();
        let id = self
            .store
            .insert(&draft, &product, self.now_ms(), until_ms)
            .await?;
        self.finish_intent(id).await
    }

    pub(crate) async fn item(&self, product_id: i64) -> Result<Item, Error> {
        if product_id <= 0 {
            return Err(Invalid::Product.into());
        }
        Ok(self
            .product
            .clone()
            .get(GetRequest { id: product_id })
            .await?
            .into_inner())
    }
}
