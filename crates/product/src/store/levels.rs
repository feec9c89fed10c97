//! How much there is of products, as admins see and change it.

use ids::ProductId;

use super::{
    Store,
    movements::{self, Made},
};
use crate::{
    Error,
    domain::{Adjustment, Level, LowMark, Movement, MovementKind, Page, PriceChange, STOCK_MAX},
};

#[derive(Debug)]
struct Row {
    id: i64,
    name: String,
    stock: i64,
    reserved: i64,
    low_stock: i64,
}

impl TryFrom<Row> for Level {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            product: ProductId::try_from(row.id).map_err(|_| Error::NoId(row.id))?,
            name: row.name,
            stock: row.stock,
            reserved: row.reserved,
            low_stock: row.low_stock,
        })
    }
}

impl Store {
    pub(crate) async fn level(&self, product: ProductId) -> Result<Option<Level>, Error> {
        let row = sqlx::query_as!(
            Row,
            "SELECT id, name, stock, reserved, low_stock FROM products
             WHERE id = ? AND deleted_at_ms IS NULL",
            product.get(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Level::try_from).transpose()
    }

    /// Whether there is such a product.
    pub(crate) async fn set_low_stock(
        &self,
        product: ProductId,
        mark: LowMark,
    ) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE products SET low_stock = ? WHERE id = ? AND deleted_at_ms IS NULL",
            mark.units(),
            product.get(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(crate) async fn low(&self, page: Page) -> Result<(Vec<Level>, i64), Error> {
        let total = sqlx::query_scalar!(
            "SELECT COUNT(*) FROM products
             WHERE deleted_at_ms IS NULL AND low_stock > 0 AND stock <= low_stock",
        )
        .fetch_one(&self.pool)
        .await?;
        let rows = sqlx::query_as!(
            Row,
            "SELECT id, name, stock, reserved, low_stock FROM products
             WHERE deleted_at_ms IS NULL AND low_stock > 0 AND stock <= low_stock
             ORDER BY stock, id LIMIT ? OFFSET ?",
            page.size(),
            page.skipped(),
        )
        .fetch_all(&self.pool)
        .await?;
        let levels = rows.into_iter().map(Level::try_from);
        Ok((levels.collect::<Result<_, _>>()?, total))
    }

    /// Changes the stock and writes the movement, or neither. Fails on the key when it was used before.
    pub(crate) async fn adjust(&self, wanted: &Adjustment, now_ms: i64) -> Result<(), Error> {
        let made = Made {
            kind: MovementKind::Adjust,
            reference: wanted.key.as_deref(),
            user: wanted.by.get(),
            reason: &wanted.reason,
        };
        let (product, delta) = (wanted.product, wanted.delta);
        db::transact!(&self.pool, "adjust", async |tx| {
            let done = sqlx::query!(
                "UPDATE products SET stock = stock + ?, updated_at_ms = ?
                 WHERE id = ? AND deleted_at_ms IS NULL AND stock + ? BETWEEN 0 AND ?",
                delta,
                now_ms,
                product.get(),
                delta,
                STOCK_MAX,
            )
            .execute(&mut **tx)
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::Adjust { product, delta });
            }
            movements::insert(tx, &[(product, delta)], &made, now_ms).await
        })
        .await
    }

    /// The change that an adjustment's key made before.
    pub(crate) async fn adjusted(&self, wanted: &Adjustment) -> Result<Option<i64>, Error> {
        let Some(key) = wanted.key.as_deref() else {
            return Ok(None);
        };
        Ok(sqlx::query_scalar!(
            "SELECT stock_delta FROM stock_movements
             WHERE product_id = ? AND kind = 'adjust' AND reference = ?",
            wanted.product.get(),
            key,
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    pub(crate) async fn movements(
        &self,
        product: ProductId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<Movement>, Error> {
        movements::list(&self.pool, product, before, limit).await
    }

    pub(crate) async fn price_changes(
        &self,
        product: ProductId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<PriceChange>, Error> {
        movements::list_prices(&self.pool, product, before, limit).await
    }

    /// Whether a failed adjustment failed because its key was used.
    pub(crate) fn was_adjusted(error: &Error) -> bool {
        matches!(error, Error::Database(error) if db::hit_unique_key(error, "once"))
    }
}
