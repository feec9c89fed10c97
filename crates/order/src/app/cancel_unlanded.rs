//! A reservation that its buyer cancels before it lands gets its final row.

use std::cmp::Ordering;

use db::Tx;

use super::{App, Outcome, step};
use crate::{
    Error,
    domain::{Item, Order},
    store::{orders, sales},
};

impl App {
    /// Inserts the row as closed, and a release in the sale's epoch. When it landed meanwhile, that
    /// is the answer. A reservation of a lower epoch, or of an ended sale, needs no row: it is interrupted, and
    /// its units were counted as free.
    pub async fn cancel_unlanded(&self, item: &Item) -> Result<Outcome, Error> {
        let now_ms = self.now_ms();
        let outcome = db::transact!(&self.pool, "order.cancel_unlanded", async |tx: &mut Tx<
            '_,
        >| {
            cancel(tx, item, now_ms).await
        })
        .await?;
        self.wake.now();
        Ok(outcome)
    }
}

async fn cancel(tx: &mut Tx<'_>, item: &Item, now_ms: i64) -> Result<Outcome, Error> {
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
    let order = Order::cancelled(item.clone(), sale);
    if !orders::insert(tx, &[&order]).await? {
        return Ok(answer(orders::find(&mut **tx, item.order).await?));
    }
    outbox::append(tx, &step::release(&order, sale), now_ms).await?;
    Ok(answer(Some(order)))
}
