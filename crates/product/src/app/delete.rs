use ids::ProductId;
use tracing::info;

use super::App;
use crate::Error;

impl App {
    /// Takes a product out of the catalogue; its row stays for those who refer to it. `false`: it was not there.
    #[tracing::instrument(name = "product.delete", skip_all, fields(product.id = %id))]
    pub async fn delete(&self, id: ProductId) -> Result<bool, Error> {
        let deleted = self.store.delete(id, self.clock.now_ms()).await?;
        self.details.forget(id).await;
        if deleted {
            info!("a product was deleted");
        }
        Ok(deleted)
    }
}
