//! What can be asked about accounts: one verb, one file.

mod change_password;
mod get_profile;
mod login;
mod logout;
mod promote_admins;
mod prune;
mod refresh;
mod register;
mod renew;
mod revoked_sessions;
mod update_profile;

use auth::{Issuer, Principal, Role, Subject as Claims, Verifier};
use clock::SharedClock;
use ids::{SessionId, UserId};

pub use register::Registration;
pub use revoked_sessions::Revocations;

use crate::{
    Error, config,
    domain::{Account, Life, Lives, RefreshSecret, Subject},
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
    pub(crate) admins: Admins,
    pub(crate) clock: SharedClock,
}

/// Who is made an administrator.
#[derive(Debug, Clone)]
pub(crate) struct Admins {
    pub(crate) usernames: Vec<String>,
    /// Whoever registers such a name is one. Otherwise it cannot be registered: the first stranger to come
    /// would rule the shop.
    pub(crate) by_registration: bool,
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
        let session = self.new_session(life, &secret);
        let id = self
            .store
            .open_session(account.id, &session, self.clock.now_ms())
            .await?;
        Ok(self.tokens(account, id, life, Some(&secret)))
    }

    fn new_session(&self, life: Life, secret: &RefreshSecret) -> NewSession {
        NewSession {
            life,
            refresh_hash: secret.hash(),
            expires_at_ms: self.lives.session_ends_at_ms(life, self.clock.now_ms()),
        }
    }

    fn tokens(
        &self,
        account: Account,
        session: SessionId,
        life: Life,
        refresh: Option<&RefreshSecret>,
    ) -> SignedIn {
        let now = self.clock.now();
        let access = self.lives.access(life);
        let claims = Claims {
            principal: Principal {
                user: account.id,
                username: account.display_name(),
                role: account.role,
                session: Some(session),
            },
            email: account.email.clone().unwrap_or_default(),
        };
        let refresh_token = refresh.map_or_else(String::new, |secret| {
            let life = self.lives.refresh();
            self.issuer
                .issue_refresh(account.id, session, secret.expose(), life, now)
        });
        SignedIn {
            access_token: self.issuer.issue_access(&claims, access, now),
            refresh_token,
            expires_in_s: access.as_secs(),
            account,
        }
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

    fn role_at_registration(&self, username: Option<&str>) -> Result<Role, Error> {
        let listed = username.is_some_and(|username| {
            let same = |admin: &String| admin.to_lowercase() == username.to_lowercase();
            self.admins.usernames.iter().any(same)
        });
        match (listed, self.admins.by_registration) {
            (false, _) => Ok(Role::User),
            (true, true) => Ok(Role::Admin),
            (true, false) => Err(Error::UsernameTaken),
        }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}
