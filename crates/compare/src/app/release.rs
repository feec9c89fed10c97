use super::{App, Say};
use crate::{domain::JobName, error::Error};

impl App {
    /// Gives a claim back, so that another worker takes the job at once.
    pub(crate) async fn release(&self, name: &JobName, attempt: i32) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let look_at_ms = now_ms + self.jobs.announce_again_ms();
        db::transact!(self.store.pool(), "compare.release", async |tx| {
            if let Some(job) = self.store.lock_job(tx, name).await?
                && let Ok(free) = job.clone().give_back(attempt, look_at_ms)
            {
                self.take(tx, &job, free, Say::Waiting, now_ms).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
        self.wake.now();
        Ok(())
    }
}
