use auth::Principal;
use db::Tx;
use ids::OrderId;
use tracing::info;

use super::{App, Face, step};
use crate::{
    Error,
    domain::{Order, Wrong},
    store::{
        orders::{self, Change},
        sales, shipments,
    },
};

impl App {
    /// An admin gives a paid order's money back: its units are free at once, and payment is told to refund.
    /// Asking again changes nothing.
    pub async fn refund_order(
        &self,
        admin: &Principal,
        id: OrderId,
        reason: &str,
    ) -> Result<Face, Error> {
        let Some(seen) = orders::find(&self.pool, id).await? else {
            let order = self.refund_retail(admin, id).await?;
            let order = order.ok_or(Error::NoOrder(id))?;
            log(admin, id, reason);
            return Ok(Face::Retail(Box::new(order)));
        };
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        let order = db::transact!(&self.pool, "order.refund", async |tx: &mut Tx<'_>| {
            let locked = sales::lock_shared(tx, [seen.activity]).await?;
            let order = orders::lock(tx, id).await?.ok_or(Error::NoOrder(id))?;
            let next = order
                .state
                .clone()
                .refund()
                .map_err(|why| Error::NotRefundable { order: id, why })?;
            let refunding = Order {
                state: next.clone(),
                ..order.clone()
            };
            if next != order.state && shipments::sent(tx, id).await? {
                // Its units would be sold again, and they are gone.
                let why = Wrong::Sent;
                return Err(Error::NotRefundable { order: id, why });
            }
            if next != order.state {
                step::take(tx, &locked, &[Change { order, next }], at).await?;
            }
            Ok::<_, Error>(refunding)
        })
        .await?;
        self.wake.now();
        log(admin, id, reason);
        Ok(Face::Landed(Box::new(order)))
    }
}

fn log(admin: &Principal, id: OrderId, reason: &str) {
    info!(
        order.id = id.get(),
        admin.id = admin.user.get(),
        reason,
        "an order is refunded"
    );
}
