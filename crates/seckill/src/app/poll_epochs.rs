use std::collections::HashSet;

use proto::order::EpochsRequest;

use super::App;
use crate::Error;

impl App {
    /// Hears from order which epoch of each sale counts; answers the sales that order suspects in
    /// theirs.
    pub async fn poll_epochs(&self) -> Result<HashSet<i64>, Error> {
        let epochs = self.order.clone().epochs(EpochsRequest {}).await?;
        let mut suspects = HashSet::new();
        for heard in epochs.into_inner().sales {
            if let Some(sale) = self.sales.get(heard.activity_id) {
                sale.observe_epoch(heard.epoch);
            }
            if heard.suspect {
                suspects.insert(heard.activity_id);
            }
        }
        Ok(suspects)
    }
}
