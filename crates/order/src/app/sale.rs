//! What seckill asks about sales: opening one, and the list that every replica polls.

use ids::ActivityId;

use super::App;
use crate::{
    Error,
    domain::{Sale, Terms, Version},
    store::sales::{self, OpenSale},
};

impl App {
    /// Writes the terms at epoch 0. A repeat, or another version's opening, leaves an existing row alone and
    /// answers it.
    pub async fn open_sale(
        &self,
        activity: ActivityId,
        version: Version,
        terms: Terms,
    ) -> Result<Sale, Error> {
        let terms = terms.checked()?;
        sales::insert(&self.pool, activity, version, &terms, self.now_ms()).await?;
        sales::find(&self.pool, activity)
            .await?
            .ok_or(Error::NoSale(activity))
    }

    /// Every sale that has not ended.
    pub async fn epochs(&self) -> Result<Vec<OpenSale>, Error> {
        sales::open(&self.pool).await
    }
}
