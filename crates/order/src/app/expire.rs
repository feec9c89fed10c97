use super::App;
use crate::{
    Error,
    store::{due, sales, units},
};

impl App {
    /// Makes the unpaid orders of cancelled sales due, so that the sweeper closes them. Nothing lands in an ended
    /// sale, so one pass over its live units meets them all; a pass that dies starts over.
    pub async fn expire_cancelled(&self) -> Result<(), Error> {
        for activity_id in sales::to_expire(&self.pool).await? {
            let mut after = 0;
            while let Some((orders, last)) =
                units::orders_after(&self.pool, activity_id, after).await?
            {
                due::expire(&self.pool, &orders, self.now_ms()).await?;
                after = last;
            }
            sales::expired(&self.pool, activity_id).await?;
        }
        Ok(())
    }
}
