use futures_util::future::join_all;
use proto::seckill as wire;

use super::App;
use crate::domain::Activity;

impl App {
    /// An activity as callers see it, with what Redis says is left.
    pub(crate) async fn view(&self, activity: &Activity) -> wire::Activity {
        let id = activity.id.get();
        let look = if activity.is_live() {
            self.stock.look(id).await.ok().flatten()
        } else {
            None
        };
        let epoch = self.sales.get(id).map_or(0, |sale| sale.epoch());
        let open = look
            .as_ref()
            .is_some_and(|look| look.open && !look.is_torn() && look.epoch >= epoch);
        let now_ms = self.now_ms();
        wire::Activity {
            id,
            product_id: activity.product.get(),
            name: activity.name.clone(),
            description: activity.description.clone(),
            product_name: activity.product_name.clone(),
            product_image: activity.product_image.clone(),
            price_fen: activity.price_fen,
            original_price_fen: activity.original_price_fen,
            units: activity.units,
            available: if open {
                look.map_or(-1, |look| look.available())
            } else {
                -1
            },
            limit_per_user: activity.limit_per_user,
            payment_window_s: activity.payment_window_s,
            start_ms: activity.start_ms,
            end_ms: activity.end_ms,
            status: activity.status(now_ms).into(),
            server_time_ms: now_ms,
            created_at_ms: activity.created_at_ms,
            version: activity.version,
            epoch,
            open,
        }
    }

    pub(crate) async fn views(&self, activities: &[Activity]) -> Vec<wire::Activity> {
        join_all(activities.iter().map(|activity| self.view(activity))).await
    }
}
