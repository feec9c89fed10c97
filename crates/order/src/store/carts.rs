//! `cart_lines`. A cart is its owner's key: `u` and the user, or `a` and the token of an anonymous visitor.

use db::{Pool, Tx};
use sqlx::{MySql, QueryBuilder};

use crate::Error;

/// A line as it was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    pub product_id: i64,
    pub quantity: i32,
    pub selected: bool,
    /// When it was put in.
    pub price_fen: i64,
    pub product_name: String,
    pub product_image: String,
}

/// The lines, oldest first.
pub(crate) async fn lines(pool: &Pool, owner: &str) -> Result<Vec<CartLine>, Error> {
    Ok(sqlx::query_as!(
        CartLine,
        r#"SELECT product_id, quantity, selected AS "selected: bool", price_fen, product_name,
                  product_image
           FROM cart_lines WHERE owner = ? ORDER BY added_at_ms, product_id"#,
        owner,
    )
    .fetch_all(pool)
    .await?)
}

pub(crate) async fn lock(tx: &mut Tx<'_>, owner: &str) -> Result<Vec<CartLine>, Error> {
    Ok(sqlx::query_as!(
        CartLine,
        r#"SELECT product_id, quantity, selected AS "selected: bool", price_fen, product_name,
                  product_image
           FROM cart_lines WHERE owner = ? ORDER BY product_id FOR UPDATE"#,
        owner,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Adds the line, or its quantity to the line that is there, up to `quantity_max`.
pub(crate) async fn add(
    tx: &mut Tx<'_>,
    owner: &str,
    line: &CartLine,
    quantity_max: i32,
    now_ms: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO cart_lines
            (owner, product_id, quantity, selected, price_fen, product_name, product_image,
             added_at_ms, updated_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE
            quantity = LEAST(quantity + VALUES(quantity), ?), updated_at_ms = VALUES(updated_at_ms)",
        owner,
        line.product_id,
        line.quantity.min(quantity_max),
        line.selected,
        line.price_fen,
        line.product_name,
        line.product_image,
        now_ms,
        now_ms,
        quantity_max,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: there is no such line.
pub(crate) async fn update(
    pool: &Pool,
    owner: &str,
    product: i64,
    quantity: Option<i32>,
    selected: Option<bool>,
    now_ms: i64,
) -> Result<bool, Error> {
    let updated = sqlx::query!(
        "UPDATE cart_lines
         SET quantity = COALESCE(?, quantity), selected = COALESCE(?, selected), updated_at_ms = ?
         WHERE owner = ? AND product_id = ?",
        quantity,
        selected,
        now_ms,
        owner,
        product,
    )
    .execute(pool)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub(crate) async fn remove(pool: &Pool, owner: &str, product: i64) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM cart_lines WHERE owner = ? AND product_id = ?",
        owner,
        product
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(crate) async fn clear(pool: &Pool, owner: &str) -> Result<(), Error> {
    sqlx::query!("DELETE FROM cart_lines WHERE owner = ?", owner)
        .execute(pool)
        .await?;
    Ok(())
}

pub(crate) async fn clear_locked(tx: &mut Tx<'_>, owner: &str) -> Result<(), Error> {
    sqlx::query!("DELETE FROM cart_lines WHERE owner = ?", owner)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes lines that an order is made of. `false`: one of them is no longer there as it was.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    owner: &str,
    lines: &[(i64, i32)],
) -> Result<bool, Error> {
    let mut query = QueryBuilder::<MySql>::new("DELETE FROM cart_lines WHERE owner = ");
    query.push_bind(owner.to_owned()).push(" AND (");
    for (i, (product, quantity)) in lines.iter().enumerate() {
        query
            .push(if i == 0 { "" } else { " OR " })
            .push("(product_id = ")
            .push_bind(*product)
            .push(" AND quantity = ")
            .push_bind(*quantity)
            .push(")");
    }
    query.push(")");
    let taken = query.build().execute(&mut **tx).await?;
    Ok(taken.rows_affected() == lines.len() as u64)
}

/// Anonymous carts that were not touched since; at most `limit` lines.
pub(crate) async fn prune_anonymous(pool: &Pool, before_ms: i64, limit: u32) -> Result<u64, Error> {
    let pruned = sqlx::query!(
        "DELETE FROM cart_lines WHERE updated_at_ms < ? AND owner LIKE 'a%' LIMIT ?",
        before_ms,
        limit,
    )
    .execute(pool)
    .await?;
    Ok(pruned.rows_affected())
}
