use ids::ActivityId;
use proto::{order::OutcomeRequest, seckill::Released};

use super::App;
use crate::{Error, metrics};

/// What came of giving units back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    Done,
    /// Redis is absent or behind the closing's epoch: the unit would vanish.
    Later,
}

impl App {
    /// Gives the units of a closed order back, exactly once however often it is asked.
    pub async fn release(&self, event: &Released) -> Result<Release, Error> {
        ActivityId::try_from(event.activity_id).map_err(|_| Error::NotFound(event.activity_id))?;
        let released = self
            .stock
            .release(
                event.activity_id,
                event.epoch,
                event.order_id,
                event.user_id,
                &event.slots,
            )
            .await?;
        if let Some(units) = released {
            metrics::released(units);
            return Ok(Release::Done);
        }
        // Only order's word ends a sale; that it is missing from a list proves nothing.
        let asked = OutcomeRequest {
            activity_id: event.activity_id,
            order_id: event.order_id,
        };
        let ended = self.order.clone().outcome(asked).await?.into_inner().ended;
        Ok(if ended { Release::Done } else { Release::Later })
    }
}
