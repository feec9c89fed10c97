//! Which payment paid which order.

use db::Tx;
use ids::OrderId;

use crate::domain::PaymentNo;

/// Records that `payment` paid `order`. `false`: it paid another one before.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    payment: &PaymentNo,
    order: OrderId,
) -> Result<bool, crate::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO order_payments (payment_no, order_id) VALUES (?, ?)",
        payment.as_str(),
        order.get(),
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if db::hit_unique_key(&error, "PRIMARY") => Ok(false),
        Err(error) => Err(error.into()),
    }
}
