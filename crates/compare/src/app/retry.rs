use auth::Principal;

use super::{App, Say};
use crate::{
    domain::{Job, JobName},
    error::Error,
};

impl App {
    /// Compares once more what failed for a reason that may have passed.
    pub(crate) async fn retry(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<Job, Error> {
        let now_ms = self.now_ms();
        let look_at_ms = now_ms + self.jobs.announce_again_ms();
        let job = db::transact!(self.store.pool(), "compare.retry", async |tx| {
            let job = self.lock_visible(tx, caller, name).await?;
            let not_retryable = |why| Error::NotRetryable {
                job: name.clone(),
                why,
            };
            let again = job.clone().retry(look_at_ms).map_err(not_retryable)?;
            self.take(tx, &job, again, Say::Waiting, now_ms).await
        })
        .await?;
        self.wake.now();
        Ok(job)
    }
}
