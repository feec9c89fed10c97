//! What can be asked about accounts: one verb, one file.

mod canonicalise_names;
mod change_password;
mod get_profile;
mod login;
mod logout;
mod prune;
mod refresh;
mod register;
mod renew;
mod revoked_sessions;
mod set_role;
mod update_profile;

use std::time::Duration;

use auth::{Issuer, Principal, Role, Subject as Claims, Verifier};
use clock::SharedClock;
use ids::UserId;

pub use register::Registration;
pub use revoked_sessions::{Cursor, Revocations};

use crate::{
    Error, config,
    domain::{Account, Life, Lives, RefreshSecret, Session, Subject},
    metrics,
    passwords::Passwords,
    store::{NewSession, Store},
};

/// The user service, free of any transport.
pub struct App {
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) issuer: Issuer,
    pub(crate) verifier: Verifier,
    pub(crate) lives: Lives,
    pub(crate) logins: config::Logins,
    /// Canonical.
    pub(crate) reserved: Vec<String>,
    pub(crate) access_life_max_ms: i64,
    pub(crate) clock: SharedClock,
}

/// An account and the tokens that speak for it.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub account: Account,
    pub access_token: String,
    /// Empty when the session's refresh token stays as it is.
    pub refresh_token: String,
    pub expires_in_s: u64,
}

impl App {
    /// Begins a session of `account`.
    async fn sign_in(&self, account: Account, life: Life) -> Result<SignedIn, Error> {
        let secret = RefreshSecret::random();
        let new = self.new_session(life, account.role, &secret);
        let max = self.lives.sessions_max;
        let (id, ended) = self.store.open_session(account.id, &new, max).await?;
        if ended > 0 {
            metrics::sessions_revoked("too_many", ended);
        }
        let session = new.begun(id, account.id);
        Ok(self.tokens(account, &session, Some(&secret)))
    }

    fn new_session(&self, life: Life, role: Role, secret: &RefreshSecret) -> NewSession {
        let now_ms = self.clock.now_ms();
        NewSession {
            life,
            role,
            refresh_hash: secret.hash(),
            created_at_ms: now_ms,
            expires_at_ms: self.lives.session_ends_at_ms(life, now_ms, now_ms),
        }
    }

    /// Tokens of a session, which say no more than it began with and do not outlive it.
    fn tokens(
        &self,
        account: Account,
        session: &Session,
        refresh: Option<&RefreshSecret>,
    ) -> SignedIn {
        let now = self.clock.now();
        let over_ms = self.lives.session_over_at_ms(session.created_at_ms);
        let left_ms = over_ms.saturating_sub(self.clock.now_ms()).max(0);
        let left = Duration::from_millis(left_ms as u64);
        let access = self.lives.access(session.life).min(left);
        let role = match (session.role, account.role) {
            (Role::Admin, Role::Admin) => Role::Admin,
            _ => Role::User,
        };
        let claims = Claims {
            principal: Principal {
                user: account.id,
                username: account.display_name(),
                role,
                session: Some(session.id),
            },
            email: account.email.clone().unwrap_or_default(),
        };
        let refresh_token = refresh.map_or_else(String::new, |secret| {
            let life = self.lives.refresh().min(left);
            self.issuer
                .issue_refresh(account.id, session.id, secret.expose(), life, now)
        });
        SignedIn {
            access_token: self.issuer.issue_access(&claims, access, now),
            refresh_token,
            expires_in_s: access.as_secs(),
            account,
        }
    }

    /// Whether a session may still get tokens.
    fn is_live(&self, session: &Session) -> bool {
        let over_ms = self.lives.session_over_at_ms(session.created_at_ms);
        !session.revoked && self.clock.now_ms() < over_ms
    }

    async fn active_account(&self, id: UserId) -> Result<Account, Error> {
        let account = self.store.account(id).await?.ok_or(Error::NotFound(id))?;
        if account.active {
            Ok(account)
        } else {
            Err(Error::Disabled(id))
        }
    }

    /// Counts an attempt before it is judged, so that a hundred at once are not a hundred guesses.
    async fn attempt(&self, subject: &Subject) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let max = self.logins.attempts_max;
        let window_ms = i64::from(self.logins.window_s) * 1_000;
        let made = self.store.attempt(subject, max, window_ms, now_ms).await?;
        if i64::from(made.attempts) <= i64::from(max) {
            return Ok(());
        }
        let left_ms = (made.since_ms + window_ms - now_ms).clamp(1, window_ms);
        Err(Error::Locked {
            retry_after_s: (left_ms as u64).div_ceil(1_000) as u32,
        })
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}
