//! Every statement of the service.

mod levels;
mod movements;
mod products;
mod reservations;
mod search;
mod stock_moves;

use ids::{ProductId, UserId};

use crate::{
    Error,
    domain::{Draft, Filter, Item, Move, MoveKey, Page, Patch, Receipt, Sort},
};

/// The service's schema.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: db::Pool,
}

impl Store {
    pub(crate) fn new(pool: db::Pool) -> Self {
        Self { pool }
    }

    pub(crate) async fn create(&self, draft: &Draft, now_ms: i64) -> Result<Item, Error> {
        db::transact!(&self.pool, "create", async |tx| {
            let id = products::insert(tx, draft, now_ms).await?;
            products::get(tx, id).await?.ok_or(Error::NotFound(id))
        })
        .await
    }

    /// The product afterwards; `None`: there is none.
    pub(crate) async fn update(
        &self,
        id: ProductId,
        patch: &Patch,
        by: UserId,
        now_ms: i64,
    ) -> Result<Option<Item>, Error> {
        db::transact!(&self.pool, "update", async |tx| {
            if products::update(tx, id, patch, by, now_ms).await? {
                products::get(tx, id).await
            } else {
                Ok(None)
            }
        })
        .await
    }

    pub(crate) async fn delete(&self, id: ProductId, now_ms: i64) -> Result<bool, Error> {
        products::delete(&self.pool, id, now_ms).await
    }

    pub(crate) async fn get(&self, id: ProductId) -> Result<Option<Item>, Error> {
        products::get_one(&self.pool, id).await
    }

    /// Those of the products that there are, in no order.
    pub(crate) async fn get_many(&self, ids: &[i64]) -> Result<Vec<Item>, Error> {
        products::get_many(&self.pool, ids).await
    }

    pub(crate) async fn list(
        &self,
        filter: &Filter,
        sort: Sort,
        page: Page,
    ) -> Result<(Vec<Item>, i64), Error> {
        search::list(&self.pool, filter, sort, page).await
    }

    /// The answer that this key got before.
    pub(crate) async fn receipt(&self, wanted: &Move) -> Result<Option<Receipt>, Error> {
        stock_moves::get(&self.pool, wanted).await
    }

    /// Moves and writes the receipt, or neither. Fails on the key when it was used meanwhile.
    pub(crate) async fn move_stock(&self, wanted: &Move, now_ms: i64) -> Result<Receipt, Error> {
        db::transact!(&self.pool, "move_stock", async |tx| {
            let receipt = stock_moves::apply(tx, wanted, now_ms).await?;
            stock_moves::insert(tx, wanted, &receipt, now_ms).await?;
            Ok(receipt)
        })
        .await
    }

    /// Whether a failed movement failed because its key has a receipt.
    pub(crate) fn has_receipt(error: &Error) -> bool {
        matches!(error, Error::Database(error) if db::hit_unique_key(error, "PRIMARY"))
    }

    pub(crate) fn unreadable(key: &MoveKey, what: &impl ToString) -> Error {
        Error::Unreadable {
            key: key.as_str().to_owned(),
            what: what.to_string(),
        }
    }
}
