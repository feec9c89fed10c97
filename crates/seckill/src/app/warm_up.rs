use super::{App, rebuild::Fenced};
use crate::{Error, domain::Activity};

impl App {
    /// Puts a published activity into Redis now, ahead of its time. One that is there already stays.
    pub(crate) async fn warm_up(&self, id: i64) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        if !activity.is_live() {
            return Err(Error::Over(activity.id));
        }
        let sale = self.sales.add(activity.clone());
        self.hear_epochs().await?;
        let there = self.stock.look(id).await?;
        if there.is_some_and(|look| look.open && look.epoch == sale.epoch()) {
            return Ok(activity);
        }
        match self.rebuild(id).await? {
            Fenced::Installed { .. } | Fenced::NotApplied { .. } => Ok(activity),
            Fenced::Ended => Err(Error::Over(activity.id)),
        }
    }
}
