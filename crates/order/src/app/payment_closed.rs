use db::Tx;
use ids::OrderId;

use super::{App, Handled, step};
use crate::{
    Error,
    metrics::Alarm,
    store::{
        orders::{self, Change},
        sales,
    },
};

impl App {
    /// Payment's answer to the question of a closing order: nothing can be paid any more. Any other order did not
    /// ask, or has its answer.
    pub async fn payment_closed(&self, id: OrderId) -> Result<Handled, Error> {
        let Some(seen) = orders::find(&self.pool, id).await? else {
            if self.retail_closed(id).await? {
                return Ok(Handled::Done);
            }
            Alarm::NoOrder.raise();
            return Ok(Handled::Dead("no such order"));
        };
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        db::transact!(&self.pool, "order.payment_closed", async |tx: &mut Tx<
            '_,
        >| {
            let locked = sales::lock_shared(tx, [seen.activity]).await?;
            let order = orders::lock(tx, id).await?.ok_or(Error::NoOrder(id))?;
            match order.state.clone().close() {
                Ok(next) => step::take(tx, &locked, &[Change { order, next }], at).await,
                Err(_) => Ok(()),
            }
        })
        .await?;
        self.wake.now();
        Ok(Handled::Done)
    }
}
