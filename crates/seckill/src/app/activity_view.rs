use std::collections::HashMap;

use proto::seckill as wire;

use super::App;
use crate::{domain::Activity, stock::Look};

impl App {
    /// An activity as an admin sees it, with what Redis says is left now.
    pub(crate) async fn view(&self, activity: &Activity) -> wire::Activity {
        let look = if activity.is_live() {
            self.stock.look(activity.id.get()).await.ok().flatten()
        } else {
            None
        };
        self.seen(activity, look)
    }

    /// Activities for browsing: what is left is at most `view_age_ms` old.
    pub(crate) async fn views(&self, activities: &[Activity]) -> Vec<wire::Activity> {
        let live = activities.iter().filter(|activity| activity.is_live());
        let live: Vec<i64> = live.map(|activity| activity.id.get()).collect();
        let mut looks = self.recent_looks(&live);
        if looks.len() < live.len() {
            // One reader asks for all that wait here; the others find what it remembered.
            let _turn = self.looking.lock().await;
            looks = self.recent_looks(&live);
            let old = live.iter().filter(|id| !looks.contains_key(id));
            let old: Vec<i64> = old.copied().collect();
            looks.extend(self.look_now(&old).await);
        }
        let view = |activity: &Activity| {
            let look = looks.get(&activity.id.get()).cloned().flatten();
            self.seen(activity, look)
        };
        activities.iter().map(view).collect()
    }

    fn recent_looks(&self, ids: &[i64]) -> HashMap<i64, Option<Look>> {
        let age = self.config.view_age();
        let recent = |id: &i64| Some((*id, self.sales.get(*id)?.recent_look(age)?.look));
        ids.iter().filter_map(recent).collect()
    }

    /// Nothing of those about which Redis does not answer.
    async fn look_now(&self, ids: &[i64]) -> HashMap<i64, Option<Look>> {
        let mut found = HashMap::new();
        if ids.is_empty() {
            return found;
        }
        let looks = self.stock.look_all(ids).await.unwrap_or_default();
        for (id, look) in ids.iter().zip(looks) {
            let Ok(look) = look else { continue };
            if let Some(sale) = self.sales.get(*id) {
                sale.remember_look(look.as_ref());
            }
            found.insert(*id, look);
        }
        found
    }

    fn seen(&self, activity: &Activity, look: Option<Look>) -> wire::Activity {
        let id = activity.id.get();
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
}
