//! Blocks of order ids.

use db::Tx;
use ids::Block;

/// Ids per lease. One row lock per block, and a block lasts the busiest replica for seconds.
pub(crate) const BLOCK: i64 = 100_000;

/// The next block. Ids of a block that is never used are lost, which costs nothing.
pub(crate) async fn lease(tx: &mut Tx<'_>) -> Result<Block, crate::Error> {
    let bumped = sqlx::query!(
        "UPDATE id_blocks SET next = next + ? WHERE name = 'order'",
        BLOCK
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&bumped, 1, "the block of order ids")?;
    let next = sqlx::query_scalar!("SELECT next FROM id_blocks WHERE name = 'order'")
        .fetch_one(&mut **tx)
        .await?;
    Ok(Block {
        first: next - BLOCK,
        count: BLOCK,
    })
}
