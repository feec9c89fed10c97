use auth::Principal;
use db::Tx;
use ids::OrderId;

use super::{App, Face};
use crate::{
    Error,
    domain::{Order, Wrong},
    store::orders::{self, Change},
};

impl App {
    /// Writes into the order's row that a payment may exist from now on, and answers the order. It frees nothing,
    /// so the sale's row is left alone: a rebuild touches no payment, and no payment a rebuild.
    pub async fn allow_payment(&self, caller: &Principal, id: OrderId) -> Result<Face, Error> {
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
        if let Some(order) = allowed {
            return Ok(Face::Landed(Box::new(order)));
        }
        match self.allow_retail_payment(caller, id).await? {
            Some(order) => Ok(Face::Retail(Box::new(order))),
            None => Err(self.why_not_landed(caller, id).await?),
        }
    }

    /// Why an order that may be the caller's has no row to pay for.
    async fn why_not_landed(&self, caller: &Principal, id: OrderId) -> Result<Error, Error> {
        let Some(accepted) = self.accepted_order(caller, id).await? else {
            return Ok(Error::NoOrder(id));
        };
        Ok(match self.unlanded(vec![accepted]).await?.pop() {
            Some(Face::Interrupted(_)) => Error::NotPayable {
                order: id,
                why: Wrong::Over,
            },
            // Also one that landed since the first look.
            Some(Face::Processing(_) | Face::Landed(_) | Face::Retail(_)) | None => {
                Error::Processing(id)
            }
        })
    }
}
