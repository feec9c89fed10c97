use auth::Principal;
use tracing::info;

use super::App;
use crate::{Error, metrics};

impl App {
    /// Ends the caller's session; one that is over stays over.
    #[tracing::instrument(name = "user.logout", skip_all)]
    pub async fn logout(&self, caller: &Principal) -> Result<(), Error> {
        let Some(session) = caller.session else {
            return Ok(());
        };
        if self
            .store
            .revoke(session, caller.user, self.clock.now_ms())
            .await?
        {
            metrics::sessions_revoked("logout", 1);
            info!(user.id = %caller.user, session.id = %session, "signed out");
        }
        Ok(())
    }
}
