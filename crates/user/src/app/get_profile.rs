use auth::Principal;

use super::App;
use crate::{Error, domain::Account};

impl App {
    #[tracing::instrument(name = "user.get_profile", skip_all)]
    pub async fn get_profile(&self, caller: &Principal) -> Result<Account, Error> {
        self.active_account(caller.user).await
    }
}
