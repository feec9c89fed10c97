use super::App;
use crate::{
    Error,
    domain::{Filter, Item, Page, Sort},
};

impl App {
    /// One page of the catalogue, and how many products match in all.
    #[tracing::instrument(name = "product.list", skip_all)]
    pub async fn list(
        &self,
        filter: &Filter,
        sort: Sort,
        page: Page,
    ) -> Result<(Vec<Item>, i64), Error> {
        self.store.list(filter, sort, page).await
    }
}
