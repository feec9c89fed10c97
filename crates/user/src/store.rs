//! Every statement of the service, table by table.

mod login_attempts;
mod sessions;
mod users;

pub(crate) use sessions::NewSession;
pub(crate) use users::Credentials;

use auth::Role;
use ids::{SessionId, UserId};

use crate::{
    Error,
    domain::{Account, NewAccount},
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
            let session = sessions::insert(&mut **tx, id, session).await?;
            let account = users::get(&mut **tx, id)
                .await?
                .ok_or(Error::NotFound(id))?;
            Ok((account, session))
        })
        .await
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

    /// Sets the role and ends all sessions, or neither; answers how many ended.
    pub(crate) async fn set_role(&self, id: UserId, role: Role, now_ms: i64) -> Result<u64, Error> {
        db::transact!(&self.pool, "set_role", async |tx| {
            users::set_role(tx, id, role, now_ms).await?;
            sessions::revoke_all(&mut **tx, id, now_ms).await
        })
        .await
    }
}
