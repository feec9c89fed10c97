use auth::Principal;

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Life, Session},
};

impl App {
    /// A new access token in the caller's own session. A caller whose token somebody else signed has none and
    /// gets one.
    #[tracing::instrument(name = "user.renew", skip_all)]
    pub async fn renew(&self, caller: &Principal, life: Option<Life>) -> Result<SignedIn, Error> {
        let account = self.active_account(caller.user).await?;
        let Some(id) = caller.session else {
            return self.sign_in(account, life.unwrap_or(Life::Gomall)).await;
        };
        let session = self.store.session(id).await?;
        let live = |session: &Session| !session.revoked && session.user == caller.user;
        let session = session.filter(live).ok_or(Error::SessionOver)?;
        let life = life.unwrap_or(session.life);
        let access_ms = self.lives.access(life).as_millis() as u64;
        let expires_at_ms = self.clock.now_ms().saturating_add_unsigned(access_ms);
        self.store.extend(id, expires_at_ms).await?;
        Ok(self.tokens(account, id, life, None))
    }
}
