use tracing::info;

use super::App;
use crate::{
    Error,
    domain::{Draft, Item},
};

impl App {
    /// Puts a product on the shelf.
    #[tracing::instrument(name = "product.create", skip_all)]
    pub async fn create(&self, draft: Draft) -> Result<Item, Error> {
        let item = self.store.create(&draft, self.clock.now_ms()).await?;
        // Somebody may have asked for this id before there was one.
        self.details.forget(item.id).await;
        info!(product.id = %item.id, "a product was created");
        Ok(item)
    }
}
