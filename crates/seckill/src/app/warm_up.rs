use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::App;
use crate::{Error, domain::Activity};

/// How long another rebuild is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_PERIOD: Duration = Duration::from_millis(50);

impl App {
    /// Puts a published activity into Redis now, ahead of its time. One that is there already
    /// stays.
    pub(crate) async fn warm_up(self: &Arc<Self>, id: i64) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        if !activity.is_live() {
            return Err(Error::Over(activity.id));
        }
        self.sales.learn(activity.clone());
        let app = Arc::clone(self);
        self.detached(async move { app.open(id).await }).await?;
        Ok(activity)
    }

    async fn open(&self, id: i64) -> Result<(), Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            if self.is_open(id).await? {
                return Ok(());
            }
            match self.rebuild(id).await {
                Err(Error::Leased(_)) if Instant::now() < until => sleep(LOOK_PERIOD).await,
                done => return done.map(drop),
            }
        }
    }

    async fn is_open(&self, id: i64) -> Result<bool, Error> {
        self.poll_epochs().await?;
        let epoch = self.sales.get(id).map_or(0, |sale| sale.epoch());
        let look = self.stock.look(id).await?;
        Ok(look.is_some_and(|look| look.open && look.epoch == epoch))
    }
}
