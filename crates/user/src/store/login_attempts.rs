use super::Store;
use crate::{Error, domain::Subject};

/// The attempts of a window. Until when a lock lasts counts from `since_ms`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempts {
    pub(crate) attempts: i32,
    pub(crate) since_ms: i64,
}

impl Store {
    /// Counts one more attempt; answers all of this window, this one included.
    pub(crate) async fn attempt(
        &self,
        subject: &Subject,
        attempts_max: u32,
        window_ms: i64,
        now_ms: i64,
    ) -> Result<Attempts, Error> {
        db::transact!(&self.pool, "login_attempt", async |tx| {
            count(tx, subject, attempts_max, window_ms, now_ms).await
        })
        .await
    }

    pub(crate) async fn forget_attempts(&self, subject: &Subject) -> Result<(), Error> {
        let delete = sqlx::query!(
            "DELETE FROM login_attempts WHERE subject = ?",
            subject.as_str()
        );
        delete.execute(&self.pool).await?;
        Ok(())
    }

    /// Answers how many rows it deleted, at most `rows_max`.
    pub(crate) async fn prune_attempts(&self, before_ms: i64, rows_max: u64) -> Result<u64, Error> {
        let done = sqlx::query!(
            "DELETE FROM login_attempts WHERE since_ms < ? ORDER BY since_ms LIMIT ?",
            before_ms,
            rows_max,
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

async fn count(
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
