use auth::Principal;
use secrecy::{ExposeSecret, SecretString};
use tracing::info;

use super::App;
use crate::{
    Error,
    domain::{Invalid, Network, NewPassword, Subject},
    metrics,
};

impl App {
    /// Sets a new password and ends every session, the caller's too. Wrong old passwords count as login
    /// attempts: a stolen token is no licence to guess.
    #[tracing::instrument(name = "user.change_password", skip_all)]
    pub async fn change_password(
        &self,
        caller: &Principal,
        old: SecretString,
        new: NewPassword,
    ) -> Result<(), Error> {
        let id = self.active_account(caller.user).await?.id;
        let subject = Subject::account(id, &Network::default());
        self.attempt(&subject).await?;
        let hash = self
            .store
            .password_hash(id)
            .await?
            .ok_or(Error::NotFound(id))?;
        if !self.passwords.verify(&old, Some(&hash)).await?.matches {
            return Err(Error::WrongPassword);
        }
        self.store.forget_attempts(&subject).await?;
        if old.expose_secret() == new.secret().expose_secret() {
            return Err(Invalid::SamePassword.into());
        }
        let new = self.passwords.hash(new.secret()).await?;
        let changed = self
            .store
            .change_password(id, &hash, &new, self.clock.now_ms())
            .await?;
        // Somebody else's change came first: the old password is no longer the old one.
        let sessions = changed.ok_or(Error::WrongPassword)?;
        metrics::sessions_revoked("password", sessions);
        info!(user.id = %id, user.sessions = sessions, "the password was changed");
        Ok(())
    }
}
