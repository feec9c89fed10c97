use ids::{ActivityId, OrderId};

use super::App;
use crate::{
    Error,
    domain::{Epoch, Order},
    store::{orders, sales},
};

/// What became of a reservation.
#[derive(Debug)]
pub struct Outcome {
    /// Read before the row: without a row, a reservation of a lower epoch never lands as a live order.
    pub epoch: Epoch,
    pub ended: bool,
    pub order: Option<Order>,
}

impl App {
    /// Epoch first, then the row. The other way round, an order that lands in between would be called interrupted.
    pub async fn outcome(&self, activity: ActivityId, order: OrderId) -> Result<Outcome, Error> {
        let sale = sales::find(&self.pool, activity)
            .await?
            .ok_or(Error::NoSale(activity))?;
        let order = orders::find(&self.pool, order).await?;
        Ok(Outcome {
            epoch: sale.epoch,
            ended: sale.ended,
            order: order.filter(|order| order.activity == activity),
        })
    }
}
