//! `stock_movements` and `price_changes`: what changed, written beside the change while its row is locked.

use ids::ProductId;

use crate::{
    Error,
    domain::{Movement, MovementKind, PriceChange},
};

/// A change of a product's stock that was just made.
#[derive(Debug, Clone)]
pub(super) struct Made<'a> {
    pub kind: MovementKind,
    /// `None`: an edit without a key.
    pub reference: Option<&'a str>,
    /// 0: the fleet itself.
    pub user: i64,
    pub reason: &'a str,
}

/// Writes one movement for each product and what its stock changed by, with the levels that the change left.
pub(super) async fn insert(
    tx: &mut db::Tx<'_>,
    deltas: &[(ProductId, i64)],
    made: &Made<'_>,
    now_ms: i64,
) -> Result<(), Error> {
    for (product, delta) in deltas {
        let done = sqlx::query!(
            "INSERT INTO stock_movements
                (product_id, kind, stock_delta, stock, reserved, reference, user_id, reason, at_ms)
             SELECT id, ?, ?, stock, reserved, ?, ?, ?, ? FROM products WHERE id = ?",
            made.kind.word(),
            delta,
            made.reference,
            made.user,
            made.reason,
            now_ms,
            product.get(),
        )
        .execute(&mut **tx)
        .await?;
        db::affected(&done, 1, "a movement of stock")?;
    }
    Ok(())
}

/// A product's movements below `before` (0: all), newest first.
pub(super) async fn list(
    pool: &db::Pool,
    product: ProductId,
    before: i64,
    limit: u32,
) -> Result<Vec<Movement>, Error> {
    Ok(sqlx::query_as!(
        Movement,
        r#"SELECT id, product_id AS product, kind, stock_delta, stock, reserved,
                  COALESCE(reference, '') AS "reference!: String", user_id AS user, reason, at_ms
           FROM stock_movements WHERE product_id = ? AND id < ? ORDER BY id DESC LIMIT ?"#,
        product.get(),
        below(before),
        limit,
    )
    .fetch_all(pool)
    .await?)
}

/// 0 on the wire means from the newest.
fn below(before: i64) -> i64 {
    if before > 0 { before } else { i64::MAX }
}

pub(super) async fn insert_price(
    tx: &mut db::Tx<'_>,
    product: ProductId,
    (old_fen, new_fen): (i64, i64),
    user: i64,
    now_ms: i64,
) -> Result<(), Error> {
    let done = sqlx::query!(
        "INSERT INTO price_changes (product_id, old_fen, new_fen, user_id, at_ms)
         VALUES (?, ?, ?, ?, ?)",
        product.get(),
        old_fen,
        new_fen,
        user,
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&done, 1, "a change of a price")?)
}

pub(super) async fn list_prices(
    pool: &db::Pool,
    product: ProductId,
    before: i64,
    limit: u32,
) -> Result<Vec<PriceChange>, Error> {
    Ok(sqlx::query_as!(
        PriceChange,
        "SELECT id, product_id AS product, old_fen, new_fen, user_id AS user, at_ms
         FROM price_changes WHERE product_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        product.get(),
        below(before),
        limit,
    )
    .fetch_all(pool)
    .await?)
}
