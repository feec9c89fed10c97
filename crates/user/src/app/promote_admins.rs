use tracing::{info, warn};

use super::App;
use crate::Error;

impl App {
    /// Makes the configured accounts administrators; their next token says so.
    #[tracing::instrument(name = "user.promote_admins", skip_all)]
    pub async fn promote_admins(&self) -> Result<(), Error> {
        for username in &self.admins.usernames {
            if self.store.make_admin(username, self.clock.now_ms()).await? {
                info!(user.name = username, "is an administrator");
            } else {
                warn!(
                    user.name = username,
                    "is to be an administrator and has no account"
                );
            }
        }
        Ok(())
    }
}
