use super::{App, Handled, Say};
use crate::{domain::JobName, error::Error, metrics::Alarm};

impl App {
    /// Payment's answer to the question of a job that ends: nothing can be paid for it any more.
    /// Any other job did not ask, or has its answer.
    pub async fn payment_closed(&self, name: &JobName) -> Result<Handled, Error> {
        let now_ms = self.now_ms();
        db::transact!(self.store.pool(), "compare.payment_closed", async |tx| {
            let Some(job) = self.store.lock_job(tx, name).await? else {
                Alarm::NoJob.raise();
                return Ok::<_, Error>(Handled::Dead("no such job"));
            };
            if let Ok(ended) = job.clone().payment_closed(now_ms) {
                self.take(tx, &job, ended, Say::Nothing, now_ms).await?;
            }
            Ok(Handled::Done)
        })
        .await
    }
}
