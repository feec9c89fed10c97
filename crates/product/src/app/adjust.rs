//! What an admin does about the stock.

use ids::ProductId;
use tracing::info;

use super::App;
use crate::{
    Error,
    domain::{Adjustment, Invalid, Item, Level, LowMark, Movement, Page, PriceChange},
    store::Store,
};

impl App {
    /// Puts units in or takes them out, once per key; never below zero.
    #[tracing::instrument(name = "product.adjust", skip_all, fields(product.id = %wanted.product))]
    pub async fn adjust(&self, wanted: &Adjustment) -> Result<Level, Error> {
        if !self.was_adjusted(wanted).await? {
            let level = self.level(wanted.product).await?;
            match self.store.adjust(wanted, self.clock.now_ms()).await {
                Ok(()) => info!(
                    stock.delta = wanted.delta,
                    user.id = %wanted.by,
                    stock.before = level.stock,
                    "an admin adjusted the stock"
                ),
                Err(error) if Store::was_adjusted(&error) => {
                    self.was_adjusted(wanted).await?;
                }
                Err(error) => return Err(error),
            }
            self.details.forget(wanted.product).await;
        }
        self.level(wanted.product).await
    }

    /// A key that made another change belongs to another request.
    async fn was_adjusted(&self, wanted: &Adjustment) -> Result<bool, Error> {
        match self.store.adjusted(wanted).await? {
            Some(delta) if delta == wanted.delta => Ok(true),
            Some(_) => Err(Error::KeyReused {
                key: wanted.key.clone().unwrap_or_default(),
            }),
            None => Ok(false),
        }
    }

    pub async fn level(&self, product: ProductId) -> Result<Level, Error> {
        let level = self.store.level(product).await?;
        level.ok_or(Error::NotFound(product))
    }

    pub async fn set_low_stock(&self, product: ProductId, mark: LowMark) -> Result<Level, Error> {
        self.store.set_low_stock(product, mark).await?;
        self.level(product).await
    }

    /// Products at or below their mark, the emptiest first.
    pub async fn low(&self, page: Page) -> Result<(Vec<Level>, i64), Error> {
        self.store.low(page).await
    }

    pub async fn movements(
        &self,
        product: ProductId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<Movement>, Error> {
        let limit = bounded(limit)?;
        self.store.movements(product, before, limit).await
    }

    pub async fn price_changes(
        &self,
        product: ProductId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<PriceChange>, Error> {
        let limit = bounded(limit)?;
        self.store.price_changes(product, before, limit).await
    }

    /// Products as they are now, past every cache: a cart shows what would be charged.
    pub async fn get_many(&self, ids: &[i64]) -> Result<Vec<Item>, Error> {
        const IDS_MAX: usize = 100;
        if ids.len() > IDS_MAX {
            return Err(Invalid::Ids.into());
        }
        self.store.get_many(ids).await
    }
}

fn bounded(limit: u32) -> Result<u32, Invalid> {
    const LIMIT_MAX: u32 = 100;
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Invalid::Limit)
    }
}
