use auth::Principal;

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Life, Session},
};

impl App {
    /// A new access token in the caller's own session: the refresh call of clients that hold one token only.
    /// A session that has refresh tokens of its own renews by them, where reuse is noticed.
    #[tracing::instrument(name = "user.renew", skip_all)]
    pub async fn renew(&self, caller: &Principal, life: Option<Life>) -> Result<SignedIn, Error> {
        let account = self.active_account(caller.user).await?;
        let id = caller.session.ok_or(Error::SessionOver)?;
        let renews = |session: &Session| {
            session.user == caller.user
                && session.life == Life::Gomall
                && life.is_none_or(|life| life == session.life)
                && self.is_live(session)
        };
        let session = self.store.session(id).await?.filter(renews);
        let session = session.ok_or(Error::SessionOver)?;
        let now_ms = self.clock.now_ms();
        let ends_at_ms = self
            .lives
            .session_ends_at_ms(session.life, session.created_at_ms, now_ms);
        self.store.extend(id, ends_at_ms).await?;
        Ok(self.tokens(account, &session, None))
    }
}
