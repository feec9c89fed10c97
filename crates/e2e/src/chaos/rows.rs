//! What MySQL holds of a round, read past the services.

use anyhow::Result;
use sqlx::{QueryBuilder, Row};

use crate::audit::Auditor;

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: i64,
    pub(super) activity: i64,
    pub(super) user: i64,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) at_ms: i64,
    pub(super) quantity: i64,
    pub(super) price_fen: i64,
    /// 0: it never landed.
    pub(super) expires_at_ms: i64,
    pub(super) payment_no: String,
}

#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) number: String,
    pub(super) order: i64,
    pub(super) amount_fen: i64,
    pub(super) state: String,
}

/// Every order of these sales, whatever became of it.
pub(super) async fn orders(auditor: &Auditor, activities: &[i64]) -> Result<Vec<Order>> {
    let mut query = QueryBuilder::new(
        "SELECT id, activity_id, user_id, state, reason, at_ms, quantity, price_fen, \
         expires_at_ms, payment_no FROM orders WHERE activity_id IN (",
    );
    let mut list = query.separated(", ");
    for activity in activities {
        list.push_bind(*activity);
    }
    query.push(")");
    let rows = query.build().fetch_all(&auditor.order).await?;
    let orders = rows.into_iter().map(|row| {
        Ok(Order {
            id: row.try_get("id")?,
            activity: row.try_get("activity_id")?,
            user: row.try_get("user_id")?,
            state: row.try_get("state")?,
            reason: row.try_get("reason")?,
            at_ms: row.try_get("at_ms")?,
            quantity: i64::from(row.try_get::<i32, _>("quantity")?),
            price_fen: row.try_get("price_fen")?,
            expires_at_ms: row.try_get("expires_at_ms")?,
            payment_no: row.try_get("payment_no")?,
        })
    });
    orders.collect()
}

/// Whether an order has its row.
pub(super) async fn landed(auditor: &Auditor, order: i64) -> Result<bool> {
    let row: Option<i64> = sqlx::query_scalar("SELECT id FROM orders WHERE id = ?")
        .bind(order)
        .fetch_optional(&auditor.order)
        .await?;
    Ok(row.is_some())
}

/// Every payment number that was ever given out for an order.
pub(super) async fn payments(auditor: &Auditor) -> Result<Vec<Payment>> {
    let rows = sqlx::query(
        "SELECT payment_no, subject_id, amount_fen, state FROM payments \
         WHERE purpose = 'order' AND channel <> 'none'",
    )
    .fetch_all(&auditor.payment)
    .await?;
    let payments = rows.into_iter().map(|row| {
        Ok(Payment {
            number: row.try_get("payment_no")?,
            order: row.try_get("subject_id")?,
            amount_fen: row.try_get("amount_fen")?,
            state: row.try_get("state")?,
        })
    });
    payments.collect()
}
