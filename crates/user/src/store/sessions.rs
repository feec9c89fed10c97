use ids::{SessionId, UserId};
use sqlx::MySqlExecutor;

use crate::{
    Error,
    domain::{Life, Session},
};

/// A session that is to be.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub(crate) life: Life,
    pub(crate) refresh_hash: String,
    pub(crate) expires_at_ms: i64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Revoked {
    pub(crate) id: i64,
    pub(crate) at_ms: i64,
}

pub(super) async fn insert<'e>(
    executor: impl MySqlExecutor<'e>,
    user: UserId,
    session: &NewSession,
    now_ms: i64,
) -> Result<SessionId, Error> {
    let done = sqlx::query!(
        "INSERT INTO sessions (user_id, life, refresh_hash, created_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, ?)",
        user.get(),
        session.life.word(),
        session.refresh_hash,
        now_ms,
        session.expires_at_ms,
    )
    .execute(executor)
    .await?;
    db::affected(&done, 1, "a new session")?;
    SessionId::try_from(done.last_insert_id() as i64).map_err(|_| Error::Unreadable("sessions.id"))
}

pub(super) async fn get(pool: &db::Pool, id: SessionId) -> Result<Option<Session>, Error> {
    let row = sqlx::query!(
        "SELECT user_id, life, revoked_at_ms FROM sessions WHERE id = ?",
        id.get()
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Session {
        id,
        user: UserId::try_from(row.user_id).map_err(|_| Error::Unreadable("sessions.user_id"))?,
        life: Life::from_word(&row.life),
        revoked: row.revoked_at_ms.is_some(),
    }))
}

/// Compares and sets: of two callers with the same token one gets `true`.
pub(super) async fn rotate(
    pool: &db::Pool,
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
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn extend(
    pool: &db::Pool,
    id: SessionId,
    expires_at_ms: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sessions SET expires_at_ms = GREATEST(expires_at_ms, ?) WHERE id = ?",
        expires_at_ms,
        id.get(),
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn revoke(
    pool: &db::Pool,
    id: SessionId,
    user: UserId,
    now_ms: i64,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE sessions SET revoked_at_ms = ? WHERE id = ? AND user_id = ? AND revoked_at_ms IS NULL",
        now_ms,
        id.get(),
        user.get(),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
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

pub(super) async fn revoked_since(
    pool: &db::Pool,
    since_ms: i64,
    rows_max: u32,
) -> Result<Vec<Revoked>, Error> {
    let rows = sqlx::query_as!(
        Revoked,
        r#"SELECT id, revoked_at_ms AS "at_ms!" FROM sessions WHERE revoked_at_ms >= ?
           ORDER BY revoked_at_ms, id LIMIT ?"#,
        since_ms,
        rows_max,
    );
    Ok(rows.fetch_all(pool).await?)
}

pub(super) async fn prune(pool: &db::Pool, before_ms: i64, rows_max: i64) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM sessions WHERE expires_at_ms < ? ORDER BY expires_at_ms LIMIT ?",
        before_ms,
        rows_max,
    )
    .execute(pool)
    .await?;
    Ok(())
}
