use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::App;
use crate::{
    Error,
    domain::{Activity, Draft, UNITS_MAX},
    store::{Filter, Status},
};

/// How long another caller's activity is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_PERIOD: Duration = Duration::from_millis(50);

impl App {
    /// The product's running activity, or a new open-ended one at the product's own price (the
    /// Gomall face). `units` 0: all that the product has.
    pub(crate) async fn init_sale(
        self: &Arc<Self>,
        product_id: i64,
        units: i64,
    ) -> Result<Activity, Error> {
        if let Some(running) = self.running(product_id).await? {
            return Ok(running);
        }
        let item = self.item(product_id).await?;
        let units = if units == 0 {
            item.stock.min(UNITS_MAX)
        } else {
            units
        };
        if units == 0 {
            return Err(Error::Stock);
        }
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
        match self.create_activity(draft).await {
            Err(Error::Overlaps(product)) => self.wait_for_running(product).await,
            created => created,
        }
    }

    async fn running(&self, product_id: i64) -> Result<Option<Activity>, Error> {
        let running = Filter {
            status: Some(Status::Active),
            product_id: Some(product_id),
        };
        let (found, _) = self.store.page(running, self.now_ms(), 1, 1).await?;
        Ok(found.into_iter().next())
    }

    /// Another call may be publishing it at this moment; one that starts later is in the way.
    async fn wait_for_running(&self, product_id: i64) -> Result<Activity, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.running(product_id).await? {
                Some(running) => return Ok(running),
                None if Instant::now() >= until => return Err(Error::Overlaps(product_id)),
                None => sleep(LOOK_PERIOD).await,
            }
        }
    }
}
