use std::sync::Arc;

use super::App;
use crate::{
    Error,
    domain::{Activity, Intent, State},
};

impl App {
    /// Ends an activity now: unpaid orders close, paid ones stay. A repeat answers what is.
    pub(crate) async fn cancel_activity(self: &Arc<Self>, id: i64) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        match activity.state {
            State::Cancelled => Ok(activity),
            State::Ended => Err(Error::Over(activity.id)),
            State::Refused => Err(Error::NotFound(id)),
            State::Publishing => Err(Error::Changing(activity.id)),
            State::Published => self.carry_out(&activity, Intent::Cancel).await,
        }
    }
}
