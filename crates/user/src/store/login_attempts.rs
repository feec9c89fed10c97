use crate::{Error, domain::Subject};

/// The attempts of a window. Until when a lock lasts counts from `since_ms`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempts {
    pub(crate) attempts: i32,
    pub(crate) since_ms: i64,
}

pub(super) async fn count(
    tx: &mut db::Tx<'_>,
    subject: &Subject,
    attempts_max: u32,
    window_ms: i64,
    now_ms: i64,
) -> Result<Attempts, Error> {
    // Assignments are made from left to right: the second one sees what the first one set.
    sqlx::query!(
        "INSERT INTO login_attempts (subject, attempts, since_ms) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE
           attempts = IF(since_ms <= ?, 1, attempts + 1),
           since_ms = IF(attempts = 1 OR attempts = ?, ?, since_ms)",
        subject.as_str(),
        now_ms,
        now_ms.saturating_sub(window_ms),
        attempts_max,
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    let attempts = sqlx::query_as!(
        Attempts,
        "SELECT attempts, since_ms FROM login_attempts WHERE subject = ?",
        subject.as_str(),
    );
    Ok(attempts.fetch_one(&mut **tx).await?)
}

pub(super) async fn delete(pool: &db::Pool, subject: &Subject) -> Result<(), Error> {
    let delete = sqlx::query!(
        "DELETE FROM login_attempts WHERE subject = ?",
        subject.as_str()
    );
    delete.execute(pool).await?;
    Ok(())
}

pub(super) async fn prune(pool: &db::Pool, before_ms: i64, rows_max: i64) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM login_attempts WHERE since_ms < ? ORDER BY since_ms LIMIT ?",
        before_ms,
        rows_max,
    )
    .execute(pool)
    .await?;
    Ok(())
}
