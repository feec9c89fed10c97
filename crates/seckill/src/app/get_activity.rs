use super::App;
use crate::{
    Error,
    domain::{Activity, State},
};

impl App {
    pub(crate) async fn get_activity(&self, id: i64) -> Result<Activity, Error> {
        // A running sale is read all the time: memory answers, and the row only for what is not
        // there.
        let known = self.sales.get(id).map(|sale| (*sale.activity()).clone());
        let activity = match known {
            Some(activity) => activity,
            None => self.store.get(id).await?,
        };
        if activity.state == State::Refused {
            Err(Error::NotFound(id))
        } else {
            Ok(activity)
        }
    }
}
