use proto::order::EpochsRequest;

use super::App;
use crate::Error;

/// An activity that is over is kept in sight so long, for its buyers' last questions.
const OVER_MS: i64 = 24 * 3_600_000;

impl App {
    /// Reads which activities there are.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        let activities = self.store.recent(self.now_ms() - OVER_MS).await?;
        self.sales.refresh(activities);
        Ok(())
    }

    /// Hears from order which epoch counts; answers the sales that order suspects.
    pub(crate) async fn hear_epochs(&self) -> Result<Vec<i64>, Error> {
        let epochs = self
            .order
            .clone()
            .epochs(EpochsRequest {})
            .await?
            .into_inner();
        let mut suspects = Vec::new();
        for heard in epochs.sales {
            if let Some(sale) = self.sales.get(heard.activity_id) {
                sale.heard_epoch(heard.epoch);
            }
            if heard.suspect {
                suspects.push(heard.activity_id);
            }
        }
        Ok(suspects)
    }
}
