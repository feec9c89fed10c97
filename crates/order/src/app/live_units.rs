use ids::ActivityId;

use super::App;
use crate::{
    Error,
    domain::Sale,
    store::{
        releases, sales,
        units::{self, Live},
    },
};

/// A page of live units, for the audit.
#[derive(Debug)]
pub struct LivePage {
    /// Read before the units.
    pub sale: Sale,
    pub units: Vec<Live>,
    pub more: bool,
    /// Orders whose release has not left the outbox; with the first page only.
    pub releasing: Vec<i64>,
}

impl App {
    /// Live units above `after`. `limit` is clamped to 1 … 5,000.
    pub async fn live_units(
        &self,
        activity: ActivityId,
        after: i64,
        limit: u32,
    ) -> Result<LivePage, Error> {
        const LIMIT_MAX: u32 = 5_000;
        let limit = limit.clamp(1, LIMIT_MAX);
        let sale = sales::find(&self.pool, activity)
            .await?
            .ok_or(Error::NoSale(activity))?;
        let mut units = units::page(&self.pool, activity, after, limit + 1).await?;
        let more = units.len() > limit as usize;
        units.truncate(limit as usize);
        let releasing = if after == 0 {
            releases::pending(&self.pool, activity).await?
        } else {
            Vec::new()
        };
        Ok(LivePage {
            sale,
            units,
            more,
            releasing,
        })
    }
}
