use std::sync::Arc;

use ids::ProductId;

use super::App;
use crate::{Error, domain::Item};

impl App {
    /// A product as it was at most one time-to-live ago, also when it is off the shelf.
    #[tracing::instrument(name = "product.get", skip_all, fields(product.id = %id))]
    pub async fn get(&self, id: ProductId) -> Result<Arc<Item>, Error> {
        let found = self.details.get(id, self.store.get(id)).await?;
        found.ok_or(Error::NotFound(id))
    }
}
