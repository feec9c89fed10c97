use db::Tx;
use ids::OrderId;

use super::{App, Handled, retail, step};
use crate::{
    Error,
    domain::PaymentNo,
    metrics::Alarm,
    store::orders::{self, Change},
};

impl App {
    /// The money of a payment is back. That of a payment that never counted changes nothing here.
    pub async fn payment_refunded(
        &self,
        id: OrderId,
        payment: &PaymentNo,
    ) -> Result<Handled, Error> {
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        db::transact!(&self.pool, "order.payment_refunded", async |tx: &mut Tx<
            '_,
        >| {
            let Some(order) = orders::lock(tx, id).await? else {
                if retail::refunded(tx, id, payment, at).await? {
                    return Ok(Handled::Done);
                }
                Alarm::NoOrder.raise();
                return Ok(Handled::Dead("no such order"));
            };
            let next = order.state.clone().refunded(payment);
            if next != order.state {
                orders::change(tx, &[Change { order, next }], 0).await?;
            }
            Ok(Handled::Done)
        })
        .await
    }
}
