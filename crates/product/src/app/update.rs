use ids::ProductId;

use super::App;
use crate::{
    Error,
    domain::{Item, Patch},
};

impl App {
    /// Changes what `patch` names and leaves the rest.
    #[tracing::instrument(name = "product.update", skip_all, fields(product.id = %id))]
    pub async fn update(&self, id: ProductId, patch: Patch) -> Result<Item, Error> {
        let item = self.store.update(id, &patch, self.clock.now_ms()).await?;
        self.details.forget(id).await;
        item.ok_or(Error::NotFound(id))
    }
}
