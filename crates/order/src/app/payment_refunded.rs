use db::Tx;
use ids::OrderId;

use super::{App, Handled};
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
        db::transact!(&self.pool, "order.payment_refunded", async |tx: &mut Tx<
            '_,
        >| {
            let Some(order) = orders::lock(tx, id).await? else {
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
