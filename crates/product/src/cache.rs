use std::sync::Arc;

use ids::ProductId;
use moka::future::Cache;

use crate::{Error, config, domain::Item};

/// Products as they were a moment ago, for those who look. Also remembers that there is none.
#[derive(Debug, Clone)]
pub(crate) struct Details(Cache<ProductId, Option<Arc<Item>>>);

impl Details {
    pub(crate) fn new(config: config::Cache) -> Self {
        let cache = Cache::builder()
            .max_capacity(config.products_max)
            .time_to_live(config.ttl())
            .build();
        Self(cache)
    }

    /// The product as remembered, or as `read` finds it. Callers for the same product share one read.
    pub(crate) async fn get<F>(&self, id: ProductId, read: F) -> Result<Option<Arc<Item>>, Error>
    where
        F: Future<Output = Result<Option<Item>, Error>>,
    {
        let read = async { read.await.map(|item| item.map(Arc::new)) };
        self.0.try_get_with(id, read).await.map_err(Error::Shared)
    }

    /// After a change of ours. A read that is under way may still bring the old row back, and another replica
    /// does not hear of it: both last no longer than the time to live.
    pub(crate) async fn forget(&self, id: ProductId) {
        self.0.invalidate(&id).await;
    }
}
