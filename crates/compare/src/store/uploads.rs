use db::Tx;

use super::Store;
use crate::{domain::JobName, error::Error};

impl Store {
    /// Files of this name may be in the store from now on.
    pub(crate) async fn begin_upload(&self, name: &JobName, until_ms: i64) -> Result<(), Error> {
        sqlx::query!(
            "INSERT INTO uploads (name, until_ms, given_up) VALUES (?, ?, FALSE)",
            name.as_str(),
            until_ms,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// They belong to a job now. `false`: the cleaner has given them up.
    pub(crate) async fn end_upload(&self, tx: &mut Tx<'_>, name: &JobName) -> Result<bool, Error> {
        let ended = sqlx::query!(
            "DELETE FROM uploads WHERE name = ? AND given_up = FALSE",
            name.as_str(),
        )
        .execute(&mut **tx)
        .await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Uploads that took too long: from here on they cannot become jobs.
    pub(crate) async fn give_up_uploads(
        &self,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<JobName>, Error> {
        sqlx::query!(
            "UPDATE uploads SET given_up = TRUE WHERE until_ms <= ? AND given_up = FALSE",
            now_ms,
        )
        .execute(&self.pool)
        .await?;
        let names = sqlx::query_scalar!(
            "SELECT name FROM uploads WHERE given_up = TRUE ORDER BY until_ms LIMIT ?",
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Its sender broke off: the cleaner need not wait.
    pub(crate) async fn give_up_upload(&self, name: &JobName) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE uploads SET given_up = TRUE WHERE name = ?",
            name.as_str(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Nothing of it is left.
    pub(crate) async fn forget_upload(&self, name: &JobName) -> Result<(), Error> {
        sqlx::query!("DELETE FROM uploads WHERE name = ?", name.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
