use ids::{ProductId, UserId};

use super::App;
use crate::{
    Error,
    domain::{Item, Patch},
};

impl App {
    /// Changes what `patch` names and leaves the rest; a new price is written down with who set it.
    #[tracing::instrument(name = "product.update", skip_all, fields(product.id = %id))]
    pub async fn update(&self, by: UserId, id: ProductId, patch: Patch) -> Result<Item, Error> {
        let item = self
            .store
            .update(id, &patch, by, self.clock.now_ms())
            .await?;
        self.details.forget(id).await;
        item.ok_or(Error::NotFound(id))
    }
}
