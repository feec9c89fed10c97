use std::sync::Arc;

use ids::{OrderId, OrderNo};
use proto::seckill::Accepted;

use super::App;
use crate::{
    Error,
    sales::Sale,
    stock::{Held, HeldIn},
};

/// A sale in which nothing has moved for so long has nothing on its way to order any more.
const QUIET_MS: i64 = 10 * 60 * 1_000;

impl App {
    /// The orders that a buyer holds in the sales of the last minutes. Most have landed, and what
    /// is not here may exist all the same: Redis is no witness.
    pub(crate) async fn accepted(&self, user_id: i64) -> Result<Vec<Accepted>, Error> {
        let since_ms = self.now_ms() - QUIET_MS;
        let sales = self.sales.all();
        let moved: Vec<&Arc<Sale>> = sales
            .iter()
            .filter(|sale| self.is_due(&sale.activity()) && !sale.is_quiet(since_ms))
            .collect();
        let asked = moved.iter().map(|sale| HeldIn {
            activity: sale.id,
            limit: sale.activity().limit_per_user,
        });
        let asked: Vec<HeldIn> = asked.collect();
        let held = self.stock.held(&asked, user_id).await?;
        let orders = moved.into_iter().zip(held).filter_map(|(sale, held)| {
            let held = held?;
            Some(orders(sale, held))
        });
        Ok(orders.flatten().collect())
    }
}

/// One per order, however many slots it holds.
fn orders(sale: &Sale, held: Held) -> Vec<Accepted> {
    let activity = sale.activity();
    let mut orders: Vec<Accepted> = Vec::new();
    for (slot, holding) in held.slots {
        if let Some(order) = orders
            .iter_mut()
            .find(|order| order.order_id == holding.order_id)
        {
            order.slots.push(slot);
            order.quantity += 1;
            continue;
        }
        let Ok(id) = OrderId::try_from(holding.order_id) else {
            continue;
        };
        orders.push(Accepted {
            activity_id: sale.id,
            order_id: holding.order_id,
            order_no: OrderNo::new(id, clock::from_ms(holding.at_ms)).to_string(),
            // The list has no use for it, and only the race seals one.
            ticket: String::new(),
            at_ms: holding.at_ms,
            quantity: 1,
            product_id: activity.product.get(),
            product_name: activity.product_name.clone(),
            product_image: activity.product_image.clone(),
            price_fen: activity.price_fen,
            epoch: held.epoch,
            slots: vec![slot],
            request_key: holding.request_key,
        });
    }
    orders
}
