use proto::seckill::Accepted;

use super::App;
use crate::Error;

/// A mirror's entry: `order number|activity|order id|epoch|at|request key|slot,…`.
pub(crate) fn entry(accepted: &Accepted) -> String {
    let slots: Vec<String> = accepted.slots.iter().map(ToString::to_string).collect();
    format!(
        "{}|{}|{}|{}|{}|{}|{}",
        accepted.order_no,
        accepted.activity_id,
        accepted.order_id,
        accepted.epoch,
        accepted.at_ms,
        accepted.request_key,
        slots.join(",")
    )
}

impl App {
    /// A buyer's accepted orders that may not have landed. A mirror: what is not here may exist all
    /// the same.
    pub(crate) async fn accepted(&self, user_id: i64) -> Result<Vec<Accepted>, Error> {
        let entries = self.stock.remembered(self.now_ms(), user_id).await?;
        Ok(entries
            .iter()
            .filter_map(|entry| self.read(entry))
            .collect())
    }

    fn read(&self, entry: &str) -> Option<Accepted> {
        let parts: Vec<&str> = entry.split('|').collect();
        let [order_no, activity, order, epoch, at, request_key, slots] = parts.as_slice() else {
            return None;
        };
        let activity = self.sales.get(activity.parse().ok()?)?.activity();
        let slots: Vec<i32> = slots
            .split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        Some(Accepted {
            activity_id: activity.id.get(),
            order_id: order.parse().ok()?,
            order_no: (*order_no).to_owned(),
            // The list has no use for it, and only the race seals one.
            ticket: String::new(),
            at_ms: at.parse().ok()?,
            quantity: slots.len() as i32,
            product_id: activity.product.get(),
            product_name: activity.product_name.clone(),
            product_image: activity.product_image.clone(),
            price_fen: activity.price_fen,
            epoch: epoch.parse().ok()?,
            slots,
            request_key: (*request_key).to_owned(),
        })
    }
}
