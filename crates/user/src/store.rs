//! Every statement of the service.

mod login_attempts;
mod sessions;
mod users;

use ids::{SessionId, UserId};

pub(crate) use login_attempts::Attempts;
pub(crate) use sessions::{NewSession, Revoked};
pub(crate) use users::Credentials;

use crate::{
    Error,
    domain::{Account, Change, LoginName, Names, NewAccount, Session, Subject},
};

/// The service's schema.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: db::Pool,
}

impl Store {
    pub(crate) fn new(pool: db::Pool) -> Self {
        Self { pool }
    }

    /// Fails when one of these names is taken. Only a hint: the unique keys decide.
    pub(crate) async fn names_are_free(&self, names: &Names) -> Result<(), Error> {
        users::names_are_free(&self.pool, names).await
    }

    /// The account and its first session, or neither.
    pub(crate) async fn register(
        &self,
        account: &NewAccount,
        password_hash: &str,
        session: &NewSession,
        now_ms: i64,
    ) -> Result<(Account, SessionId), Error> {
        db::transact!(&self.pool, "register", async |tx| {
            let id = users::insert(tx, account, password_hash, now_ms).await?;
            let session = sessions::insert(&mut **tx, id, session, now_ms).await?;
            let account = users::get(&mut **tx, id)
                .await?
                .ok_or(Error::NotFound(id))?;
            Ok((account, session))
        })
        .await
    }

    pub(crate) async fn account(&self, id: UserId) -> Result<Option<Account>, Error> {
        users::get(&self.pool, id).await
    }

    /// Those whom this name may mean: none, one, or the holder of a number as username and the holder of the
    /// same number as mobile.
    pub(crate) async fn credentials(&self, name: &LoginName) -> Result<Vec<Credentials>, Error> {
        users::find(&self.pool, name).await
    }

    pub(crate) async fn password_hash(&self, id: UserId) -> Result<Option<String>, Error> {
        users::password_hash(&self.pool, id).await
    }

    /// Replaces a hash by another of the same password. `false`: it was changed meanwhile.
    pub(crate) async fn rehash(&self, id: UserId, old: &str, new: &str) -> Result<bool, Error> {
        users::set_password_hash(&self.pool, id, old, new).await
    }

    /// Sets the password and ends all sessions, or neither; answers how many ended. `None`: the password was
    /// changed meanwhile.
    pub(crate) async fn change_password(
        &self,
        id: UserId,
        old: &str,
        new: &str,
        now_ms: i64,
    ) -> Result<Option<u64>, Error> {
        db::transact!(&self.pool, "change_password", async |tx| {
            if !users::set_password_hash(&mut **tx, id, old, new).await? {
                return Ok(None);
            }
            sessions::revoke_all(&mut **tx, id, now_ms).await.map(Some)
        })
        .await
    }

    /// The profile afterwards; `None`: there is no such account.
    pub(crate) async fn update_profile(
        &self,
        id: UserId,
        change: &Change,
        now_ms: i64,
    ) -> Result<Option<Account>, Error> {
        db::transact!(&self.pool, "update_profile", async |tx| {
            users::update(&mut **tx, id, change, now_ms).await?;
            users::get(&mut **tx, id).await
        })
        .await
    }

    /// `false`: nobody has this username.
    pub(crate) async fn make_admin(&self, username: &str, now_ms: i64) -> Result<bool, Error> {
        users::make_admin(&self.pool, username, now_ms).await
    }

    pub(crate) async fn open_session(
        &self,
        user: UserId,
        session: &NewSession,
        now_ms: i64,
    ) -> Result<SessionId, Error> {
        sessions::insert(&self.pool, user, session, now_ms).await
    }

    pub(crate) async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        sessions::get(&self.pool, id).await
    }

    /// Exchanges the session's refresh token, for one caller only.
    pub(crate) async fn rotate(
        &self,
        id: SessionId,
        old_hash: &str,
        new_hash: &str,
        expires_at_ms: i64,
    ) -> Result<bool, Error> {
        sessions::rotate(&self.pool, id, old_hash, new_hash, expires_at_ms).await
    }

    pub(crate) async fn extend(&self, id: SessionId, expires_at_ms: i64) -> Result<(), Error> {
        sessions::extend(&self.pool, id, expires_at_ms).await
    }

    /// `false`: it was over already, or is not this user's.
    pub(crate) async fn revoke(
        &self,
        id: SessionId,
        user: UserId,
        now_ms: i64,
    ) -> Result<bool, Error> {
        sessions::revoke(&self.pool, id, user, now_ms).await
    }

    pub(crate) async fn revoked_since(
        &self,
        since_ms: i64,
        rows_max: u32,
    ) -> Result<Vec<Revoked>, Error> {
        sessions::revoked_since(&self.pool, since_ms, rows_max).await
    }

    /// Counts one more attempt; answers all of this window, this one included.
    pub(crate) async fn attempt(
        &self,
        subject: &Subject,
        attempts_max: u32,
        window_ms: i64,
        now_ms: i64,
    ) -> Result<Attempts, Error> {
        db::transact!(&self.pool, "login_attempt", async |tx| {
            login_attempts::count(tx, subject, attempts_max, window_ms, now_ms).await
        })
        .await
    }

    pub(crate) async fn forget_attempts(&self, subject: &Subject) -> Result<(), Error> {
        login_attempts::delete(&self.pool, subject).await
    }

    /// Deletes what is over, at most this many rows of each kind.
    pub(crate) async fn prune(
        &self,
        attempts_before_ms: i64,
        sessions_before_ms: i64,
        rows_max: i64,
    ) -> Result<(), Error> {
        login_attempts::prune(&self.pool, attempts_before_ms, rows_max).await?;
        sessions::prune(&self.pool, sessions_before_ms, rows_max).await
    }
}
