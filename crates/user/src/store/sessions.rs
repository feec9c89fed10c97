use auth::Role;
use ids::{SessionId, UserId};
use sqlx::MySqlExecutor;

use super::Store;
use crate::{
    Error,
    app::Cursor,
    domain::{Life, Session},
};

/// A session that is to be.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub(crate) life: Life,
    pub(crate) role: Role,
    pub(crate) refresh_hash: String,
    pub(crate) created_at_ms: i64,
    pub(crate) expires_at_ms: i64,
}

impl NewSession {
    /// The session that the row under `id` is.
    pub(crate) fn begun(&self, id: SessionId, user: UserId) -> Session {
        Session {
            id,
            user,
            life: self.life,
            role: self.role,
            created_at_ms: self.created_at_ms,
            revoked: false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Revoked {
    pub(crate) id: i64,
    pub(crate) at_ms: i64,
}

impl Store {
    /// Begins a session, and ends the oldest of the account beyond `sessions_max`; answers how many ended.
    pub(crate) async fn open_session(
        &self,
        user: UserId,
        session: &NewSession,
        sessions_max: u32,
    ) -> Result<(SessionId, u64), Error> {
        let now_ms = session.created_at_ms;
        db::transact!(&self.pool, "open_session", async |tx| {
            let id = insert(&mut **tx, user, session).await?;
            let ended = keep_newest(tx, user, sessions_max, now_ms).await?;
            Ok((id, ended))
        })
        .await
    }

    pub(crate) async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let row = sqlx::query!(
            "SELECT user_id, life, role, created_at_ms, revoked_at_ms FROM sessions WHERE id = ?",
            id.get()
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Session {
            id,
            user: UserId::try_from(row.user_id)
                .map_err(|_| Error::Unreadable("sessions.user_id"))?,
            life: Life::from_word(&row.life),
            role: super::users::role(&row.role),
            created_at_ms: row.created_at_ms,
            revoked: row.revoked_at_ms.is_some(),
        }))
    }

    /// Exchanges the session's refresh token. Compares and sets: of two callers with the same token one gets
    /// `true`.
    pub(crate) async fn rotate(
        &self,
        id: SessionId,
        old_hash: &str,
        new_hash: &str,
        expires_at_ms: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query!(
            "UPDATE sessions SET refresh_hash = ?, expires_at_ms = ?
             WHERE id = ? AND refresh_hash = ? AND revoked_at_ms IS NULL",
            new_hash,
            expires_at_ms,
            id.get(),
            old_hash,
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn extend(&self, id: SessionId, expires_at_ms: i64) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE sessions SET expires_at_ms = GREATEST(expires_at_ms, ?) WHERE id = ?",
            expires_at_ms,
            id.get(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// `false`: it was over already, or is not this user's.
    pub(crate) async fn revoke(
        &self,
        id: SessionId,
        user: UserId,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query!(
            "UPDATE sessions SET revoked_at_ms = ?
             WHERE id = ? AND user_id = ? AND revoked_at_ms IS NULL",
            now_ms,
            id.get(),
            user.get(),
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// In the order of revocation, by time and id.
    pub(crate) async fn revoked_after(
        &self,
        after: Cursor,
        rows_max: u32,
    ) -> Result<Vec<Revoked>, Error> {
        let rows = sqlx::query_as!(
            Revoked,
            r#"SELECT id, revoked_at_ms AS "at_ms!" FROM sessions
               WHERE revoked_at_ms >= ? AND (revoked_at_ms > ? OR id > ?)
               ORDER BY revoked_at_ms, id LIMIT ?"#,
            after.at_ms,
            after.at_ms,
            after.id,
            rows_max,
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// Answers how many rows it deleted, at most `rows_max`.
    pub(crate) async fn prune_sessions(&self, before_ms: i64, rows_max: u64) -> Result<u64, Error> {
        let done = sqlx::query!(
            "DELETE FROM sessions WHERE expires_at_ms < ? ORDER BY expires_at_ms LIMIT ?",
            before_ms,
            rows_max,
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

pub(super) async fn insert<'e>(
    executor: impl MySqlExecutor<'e>,
    user: UserId,
    session: &NewSession,
) -> Result<SessionId, Error> {
    let done = sqlx::query!(
        "INSERT INTO sessions (user_id, life, role, refresh_hash, created_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, ?, ?)",
        user.get(),
        session.life.word(),
        session.role.name(),
        session.refresh_hash,
        session.created_at_ms,
        session.expires_at_ms,
    )
    .execute(executor)
    .await?;
    db::affected(&done, 1, "a new session")?;
    SessionId::try_from(done.last_insert_id() as i64).map_err(|_| Error::Unreadable("sessions.id"))
}

async fn keep_newest(
    tx: &mut db::Tx<'_>,
    user: UserId,
    sessions_max: u32,
    now_ms: i64,
) -> Result<u64, Error> {
    let first_too_many = sqlx::query_scalar!(
        "SELECT id FROM sessions WHERE user_id = ? AND revoked_at_ms IS NULL
         ORDER BY id DESC LIMIT 1 OFFSET ?",
        user.get(),
        sessions_max,
    );
    let Some(id) = first_too_many.fetch_optional(&mut **tx).await? else {
        return Ok(0);
    };
    let done = sqlx::query!(
        "UPDATE sessions SET revoked_at_ms = ?
         WHERE user_id = ? AND revoked_at_ms IS NULL AND id <= ?",
        now_ms,
        user.get(),
        id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

pub(super) async fn revoke_all<'e>(
    executor: impl MySqlExecutor<'e>,
    user: UserId,
    now_ms: i64,
) -> Result<u64, Error> {
    let done = sqlx::query!(
        "UPDATE sessions SET revoked_at_ms = ? WHERE user_id = ? AND revoked_at_ms IS NULL",
        now_ms,
        user.get(),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}
