use auth::Principal;

use super::{App, Say};
use crate::{
    domain::{Job, JobName},
    error::Error,
};

impl App {
    /// Writes into the job's row that a payment may exist from now on, and answers the job.
    pub(crate) async fn allow_payment(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<Job, Error> {
        let now_ms = self.now_ms();
        db::transact!(self.store.pool(), "compare.allow_payment", async |tx| {
            let job = self.lock_visible(tx, caller, name).await?;
            let not_payable = |why| Error::NotPayable {
                job: name.clone(),
                why,
            };
            let opened = job.clone().open_payment(now_ms).map_err(not_payable)?;
            if opened == job {
                Ok(job)
            } else {
                self.take(tx, &job, opened, Say::Nothing, now_ms).await
            }
        })
        .await
    }
}
