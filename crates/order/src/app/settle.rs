//! A reservation that never landed gets its final row.

use std::cmp::Ordering;

use db::Tx;

use super::{App, Outcome, step};
use crate::{
    Error,
    domain::{Item, Order, RefuseReason},
    store::{orders, sales},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettleReason {
    /// Its buyer cancelled before it landed.
    Cancelled,
    /// It never arrived.
    Expired,
}

impl App {
    /// Inserts the row as closed or refused, and a release in the sale's epoch. When it landed meanwhile, that
    /// is the answer. A reservation of a lower epoch, or of an ended sale, needs no row: it is interrupted, and
    /// its units were counted as free.
    pub async fn settle(&self, item: &Item, reason: SettleReason) -> Result<Outcome, Error> {
        let now_ms = self.now_ms();
        let outcome = db::transact!(&self.pool, "order.settle", async |tx: &mut Tx<'_>| {
            settle(tx, item, reason, now_ms).await
        })
        .await?;
        self.wake.now();
        Ok(outcome)
    }
}

async fn settle(
    tx: &mut Tx<'_>,
    item: &Item,
    reason: SettleReason,
    now_ms: i64,
) -> Result<Outcome, Error> {
    let locked = sales::lock_shared(tx, [item.activity]).await?;
    let sale = locked
        .get(&item.activity)
        .ok_or(Error::NoSale(item.activity))?;
    let answer = |order| Outcome {
        epoch: sale.epoch,
        ended: sale.ended,
        order,
    };
    let landed = orders::find(&mut **tx, item.order).await?;
    if landed.is_some() {
        return Ok(answer(landed));
    }
    match item.epoch.cmp(&sale.epoch) {
        Ordering::Less => return Ok(answer(None)),
        Ordering::Equal if sale.ended => return Ok(answer(None)),
        Ordering::Equal => {}
        Ordering::Greater => {
            let (own, theirs) = (sale.epoch.0, item.epoch.0);
            return Err(Error::Behind {
                activity: item.activity,
                own,
                theirs,
            });
        }
    }
    let order = match reason {
        SettleReason::Cancelled => Order::cancelled(item.clone(), sale),
        SettleReason::Expired => Order::refused(item.clone(), sale, RefuseReason::Expired),
    };
    if !orders::insert(tx, &[&order]).await? {
        return Ok(answer(orders::find(&mut **tx, item.order).await?));
    }
    outbox::append(tx, &step::release(&order, sale), now_ms).await?;
    Ok(answer(Some(order)))
}
