use db::Tx;

use super::Store;
use crate::error::Error;

/// The free part of a result, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub summary: String,
    pub preview: String,
}

impl Store {
    pub(crate) async fn insert_report(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        report: &Report,
    ) -> Result<(), Error> {
        let inserted = sqlx::query!(
            "INSERT INTO reports (job_id, summary, preview) VALUES (?, ?, ?)",
            job,
            report.summary,
            report.preview,
        )
        .execute(&mut **tx)
        .await?;
        Ok(db::affected(&inserted, 1, "the job's report")?)
    }

    pub(crate) async fn report(&self, job: i64) -> Result<Option<Report>, Error> {
        Ok(sqlx::query_as!(
            Report,
            "SELECT summary, preview FROM reports WHERE job_id = ?",
            job,
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    pub(crate) async fn delete_report(&self, job: i64) -> Result<(), Error> {
        sqlx::query!("DELETE FROM reports WHERE job_id = ?", job)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
