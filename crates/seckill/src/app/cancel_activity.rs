use super::App;
use crate::{
    Error,
    domain::{Activity, Intent, State},
};

impl App {
    /// Ends an activity now: unpaid orders close, paid ones stay. A repeat answers what is.
    pub(crate) async fn cancel_activity(&self, id: i64) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        match activity.state {
            State::Cancelled => Ok(activity),
            State::Ended | State::Refused => Err(Error::Over(activity.id)),
            State::Publishing => Err(Error::Changing(activity.id)),
            State::Published => {
                self.intend(&activity, Intent::Cancel).await?;
                self.finish_intent(id).await
            }
        }
    }
}
