use auth::Role;
use ids::UserId;
use tracing::warn;

use super::App;
use crate::{Error, metrics};

impl App {
    /// Makes an account an administrator, or a buyer again. Every session of it ends: tokens say what the
    /// account was when they were made.
    #[tracing::instrument(name = "user.set_role", skip_all)]
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<(), Error> {
        let ended = self.store.set_role(id, role, self.clock.now_ms()).await?;
        metrics::sessions_revoked("role", ended);
        warn!(user.id = %id, user.role = role.name(), user.sessions = ended, "the role was set");
        Ok(())
    }
}
