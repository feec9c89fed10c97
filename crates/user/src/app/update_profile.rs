use auth::Principal;

use super::App;
use crate::{
    Error,
    domain::{Account, Change, Invalid},
};

impl App {
    /// Changes what `change` names and leaves the rest.
    #[tracing::instrument(name = "user.update_profile", skip_all)]
    pub async fn update_profile(
        &self,
        caller: &Principal,
        change: Change,
    ) -> Result<Account, Error> {
        let account = self.active_account(caller.user).await?;
        let only_email = account.username.is_none() && account.mobile.is_none();
        if only_email && matches!(change.email, Some(None)) {
            return Err(Invalid::NoName.into());
        }
        let changed = self
            .store
            .update_profile(account.id, &change, self.clock.now_ms())
            .await?;
        changed.ok_or(Error::NotFound(account.id))
    }
}
