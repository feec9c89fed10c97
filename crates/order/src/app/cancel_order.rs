use auth::Principal;
use db::Tx;
use ids::{ActivityId, OrderId, UserId};
use proto::seckill::Accepted;

use super::{App, Face, step};
use crate::{
    Error,
    domain::{Epoch, Item, Order, RequestKey, Units},
    store::{
        orders::{self, Change},
        sales,
    },
};

impl App {
    /// A pending order closes, through payment if one was opened. One that was accepted and has not landed gets
    /// its row as cancelled, so that it never lands; if it lands first, it is cancelled like any other.
    pub async fn cancel_order(&self, caller: &Principal, id: OrderId) -> Result<Face, Error> {
        if let Some(order) = orders::find(&self.pool, id).await? {
            return self.cancel_landed(caller, &order).await;
        }
        if let Some(order) = self.cancel_retail(caller, id).await? {
            return Ok(Face::Retail(Box::new(order)));
        }
        let accepted = self
            .accepted_order(caller, id)
            .await?
            .ok_or(Error::NoOrder(id))?;
        let item = item(&accepted, caller.user)?;
        let outcome = self.cancel_unlanded(&item).await?;
        match outcome.order {
            Some(order) => self.cancel_landed(caller, &order).await,
            None => Ok(Face::Interrupted(Box::new(accepted))),
        }
    }

    async fn cancel_landed(&self, caller: &Principal, seen: &Order) -> Result<Face, Error> {
        let id = seen.id;
        if seen.user != caller.user {
            return Err(Error::NoOrder(id));
        }
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        let order = db::transact!(&self.pool, "order.cancel", async |tx: &mut Tx<'_>| {
            let locked = sales::lock_shared(tx, [seen.activity]).await?;
            let order = orders::lock(tx, id).await?.ok_or(Error::NoOrder(id))?;
            let next = order
                .state
                .clone()
                .cancel()
                .map_err(|why| Error::NotCancellable { order: id, why })?;
            let cancelled = Order {
                state: next.clone(),
                ..order.clone()
            };
            if next != order.state {
                step::take(tx, &locked, &[Change { order, next }], at).await?;
            }
            Ok::<_, Error>(cancelled)
        })
        .await?;
        self.wake.now();
        Ok(Face::Landed(Box::new(order)))
    }
}

fn item(accepted: &Accepted, user: UserId) -> Result<Item, Error> {
    const WRONG: Error = Error::Parameter("seckill accepted something that is not a reservation");
    Ok(Item {
        activity: ActivityId::try_from(accepted.activity_id).map_err(|_| WRONG)?,
        order: OrderId::try_from(accepted.order_id).map_err(|_| WRONG)?,
        user,
        at_ms: accepted.at_ms,
        request_key: RequestKey::parse(&accepted.request_key).map_err(|_| WRONG)?,
        epoch: Epoch(accepted.epoch),
        units: Units::of_slots(&accepted.slots).map_err(|_| WRONG)?,
    })
}
