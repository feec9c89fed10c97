use std::sync::Arc;

use proto::product::{GetRequest, Item};

use super::App;
use crate::{
    Error,
    domain::{Activity, Draft, Invalid, State},
    store::Product,
};

impl App {
    /// Publishes an activity: its units leave the product's stock. One whose time has come sells at
    /// once.
    pub(crate) async fn create_activity(self: &Arc<Self>, draft: Draft) -> Result<Activity, Error> {
        let draft = draft.checked(self.now_ms())?;
        let item = self.item(draft.product_id).await?;
        if !item.on_shelf {
            return Err(Error::OffShelf(draft.product_id));
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
        let activity = match self.finish_intent(id).await {
            Ok(activity) => activity,
            Err(error) => {
                let activity = self.store.get(id).await?;
                if activity.state != State::Publishing {
                    return Err(error);
                }
                // It is recorded, and any replica finishes it: an error would have it made twice.
                let error = fault::chain(&error);
                tracing::warn!(activity.id = id, error, "an activity is published later");
                return Ok(activity);
            }
        };
        if self.is_due(&activity)
            && let Err(error) = self.warm_up(id).await
        {
            let error = fault::chain(&error);
            tracing::info!(activity.id = id, error, "detection warms it up");
        }
        Ok(activity)
    }

    pub(crate) async fn item(&self, product_id: i64) -> Result<Item, Error> {
        if product_id <= 0 {
            return Err(Invalid::Product.into());
        }
        let mut product = self.product.clone();
        let item = product.get(GetRequest { id: product_id }).await?;
        Ok(item.into_inner())
    }
}
