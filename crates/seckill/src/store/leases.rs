use super::Store;
use crate::Error;

impl Store {
    /// Takes or renews the lease on rebuilding an activity; false while another owner's runs.
    pub(crate) async fn lease(
        &self,
        activity: i64,
        owner: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, Error> {
        sqlx::query!(
            "INSERT IGNORE INTO rebuild_leases (activity_id, owner, until_ms) VALUES (?, '', 0)",
            activity
        )
        .execute(&self.pool)
        .await?;
        let taken = sqlx::query!(
            "UPDATE rebuild_leases SET owner = ?, until_ms = ? \
             WHERE activity_id = ? AND (owner = ? OR until_ms < ?)",
            owner,
            until_ms,
            activity,
            owner,
            now_ms
        )
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Lets the lease go, if it is still this owner's.
    pub(crate) async fn unlease(&self, activity: i64, owner: &str) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE rebuild_leases SET until_ms = 0 WHERE activity_id = ? AND owner = ?",
            activity,
            owner
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Whether a lease runs.
    pub(crate) async fn is_leased(&self, activity: i64, now_ms: i64) -> Result<bool, Error> {
        let until = sqlx::query_scalar!(
            "SELECT until_ms FROM rebuild_leases WHERE activity_id = ?",
            activity
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(until.is_some_and(|until| until >= now_ms))
    }
}
