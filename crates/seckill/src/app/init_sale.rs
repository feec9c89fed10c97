use std::sync::Arc;

use super::App;
use crate::{
    Error,
    domain::{Activity, Draft},
    store::{Filter, Status},
};

impl App {
    /// The product's running activity, or a new open-ended one at the product's own price (the Gomall face).
    pub(crate) async fn init_sale(
        self: &Arc<Self>,
        product_id: i64,
        units: i64,
    ) -> Result<Activity, Error> {
        let running = Filter {
            status: Some(Status::Active),
            product_id: Some(product_id),
        };
        let (found, _) = self.store.page(running, self.now_ms(), 1, 1).await?;
        if let Some(activity) = found.into_iter().next() {
            return Ok(activity);
        }
        let item = self.item(product_id).await?;
        let draft = Draft {
            product_id,
            name: String::new(),
            description: String::new(),
            price_fen: item.price_fen,
            units,
            start_ms: self.now_ms(),
            end_ms: 0,
            limit_per_user: 0,
            payment_window_s: 0,
        };
        self.create_activity(draft).await
    }
}
