use ids::Block;

use super::Store;
use crate::error::Error;

impl Store {
    /// Leases the next `count` ids of `name`.
    pub(crate) async fn lease_block(&self, name: &'static str, count: i64) -> Result<Block, Error> {
        db::transact!(&self.pool, "payment.lease_block", async |tx| {
            let updated = sqlx::query!(
                "UPDATE id_blocks
                 SET next = next + ?
                 WHERE name = ?",
                count,
                name,
            )
            .execute(&mut **tx)
            .await?;
            db::affected(&updated, 1, "the block's row")?;
            let next = sqlx::query_scalar!(
                "SELECT next
                 FROM id_blocks
                 WHERE name = ?",
                name,
            )
            .fetch_one(&mut **tx)
            .await?;
            Ok(Block {
                first: next - count,
                count,
            })
        })
        .await
    }
}
