use std::sync::Arc;

use super::App;
use crate::{
    Error,
    domain::{Activity, Patch, State},
};

impl App {
    /// Texts change at once; units and window by an edit that fences; the other terms were promised
    /// to buyers.
    pub(crate) async fn update_activity(
        self: &Arc<Self>,
        id: i64,
        patch: Patch,
    ) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        let change = patch.of(&activity, self.now_ms())?;
        if change.edit.is_some() {
            match activity.state {
                State::Published => {}
                State::Publishing => return Err(Error::Changing(activity.id)),
                State::Refused => return Err(Error::NotFound(id)),
                State::Ended | State::Cancelled => return Err(Error::Over(activity.id)),
            }
        }
        if let Some((name, description)) = &change.texts {
            self.store
                .set_texts(id, name, description, self.now_ms())
                .await?;
        }
        if let Some(edit) = change.edit {
            return self.carry_out(&activity, edit).await;
        }
        let activity = self.store.get(id).await?;
        self.sales.learn(activity.clone());
        Ok(activity)
    }
}
