use auth::Principal;
use db::Tx;
use ids::OrderId;

use super::App;
use crate::{
    Error,
    domain::Order,
    store::orders::{self, Change},
};

impl App {
    /// Writes into the order's row that a payment may exist from now on, and answers the order. It frees nothing,
    /// so the sale's row is left alone: a rebuild touches no payment, and no payment a rebuild.
    pub async fn allow_payment(&self, caller: &Principal, id: OrderId) -> Result<Order, Error> {
        let now_ms = self.now_ms();
        let allowed = db::transact!(&self.pool, "order.allow_payment", async |tx: &mut Tx<
            '_,
        >| {
            let Some(order) = orders::lock(tx, id).await? else {
                return Ok(None);
            };
            if order.user != caller.user {
                return Err(Error::NoOrder(id));
            }
            let next = order
                .state
                .clone()
                .allow_payment(now_ms)
                .map_err(|why| Error::NotPayable { order: id, why })?;
            let allowed = Order {
                state: next.clone(),
                ..order.clone()
            };
            if next != order.state {
                orders::change(tx, &[Change { order, next }], 0).await?;
            }
            Ok(Some(allowed))
        })
        .await?;
        match allowed {
            Some(order) => Ok(order),
            None => match self.accepted_order(caller, id).await? {
                Some(_) => Err(Error::Processing(id)),
                None => Err(Error::NoOrder(id)),
            },
        }
    }
}
