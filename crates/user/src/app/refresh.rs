use tracing::warn;

use super::{App, SignedIn};
use crate::{Error, domain::RefreshSecret, metrics};

impl App {
    /// Exchanges a refresh token for new tokens. One that was exchanged before is in two hands: its session
    /// ends.
    #[tracing::instrument(name = "user.refresh", skip_all)]
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, Error> {
        let now = self.clock.now();
        let claims = self.verifier.verify_refresh(token, now.timestamp())?;
        let session = self
            .store
            .session(claims.session)
            .await?
            .ok_or(Error::RefreshSpent)?;
        if session.user != claims.user || !self.is_live(&session) {
            return Err(Error::RefreshSpent);
        }
        let account = self.active_account(session.user).await?;
        let old = RefreshSecret::from_token(claims.token_id);
        let new = RefreshSecret::random();
        let now_ms = self.clock.now_ms();
        let expires_at_ms =
            self.lives
                .session_ends_at_ms(session.life, session.created_at_ms, now_ms);
        if self
            .store
            .rotate(session.id, &old.hash(), &new.hash(), expires_at_ms)
            .await?
        {
            return Ok(self.tokens(account, &session, Some(&new)));
        }
        if self
            .store
            .revoke(session.id, session.user, self.clock.now_ms())
            .await?
        {
            metrics::sessions_revoked("reuse", 1);
            warn!(
                user.id = %session.user,
                session.id = %session.id,
                "a spent refresh token came back: the session was ended"
            );
        }
        Err(Error::RefreshSpent)
    }
}
