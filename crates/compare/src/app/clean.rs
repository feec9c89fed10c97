use tracing::{info, warn};

use super::App;
use crate::{
    domain::{Job, JobName, State},
    error::Error,
};

/// Jobs per run: the next run goes on.
const JOBS_MAX: u32 = 100;
/// A worker that lost its job removes its own result; only one that dies on the way does not.
/// Nobody is on the way any more so long after the longest comparison.
const LATE_MS: i64 = 300_000;

impl App {
    /// Removes what nobody needs any more: of jobs that moved on, and of uploads that became none.
    pub async fn clean(&self) -> Result<(), Error> {
        for name in self.store.to_clean(self.now_ms(), JOBS_MAX).await? {
            if let Err(error) = self.clean_job(&name).await {
                warn!(job.id = %name, error = fault::chain(&error), "its files stay a while");
            }
        }
        for name in self.store.give_up_uploads(self.now_ms(), JOBS_MAX).await? {
            match self.clean_upload(&name).await {
                Ok(()) => info!(job.id = %name, "an upload that broke off is removed"),
                Err(error) => {
                    warn!(job.id = %name, error = fault::chain(&error), "its files stay a while");
                }
            }
        }
        Ok(())
    }

    async fn clean_job(&self, name: &JobName) -> Result<(), Error> {
        let Some(job) = self.store.job(name).await? else {
            return Ok(());
        };
        self.remove(name, |key| !needs(&job, key)).await?;
        if matches!(job.state, State::Cancelled { .. } | State::Expired) {
            self.store.delete_report(job.id).await?;
        }
        let late_ms = job.updated_at_ms + self.run_ms_max + LATE_MS;
        let again = job.attempt > 0 && self.now_ms() < late_ms;
        self.store.cleaned(&job, again.then_some(late_ms)).await
    }

    /// Also what its sender could not remove when the store was away.
    pub(super) async fn clean_upload(&self, name: &JobName) -> Result<(), Error> {
        self.remove(name, |_| true).await?;
        self.store.forget_upload(name).await
    }

    async fn remove(
        &self,
        name: &JobName,
        is_waste: impl Fn(&str) -> bool + Send,
    ) -> Result<(), Error> {
        let mut more = None;
        loop {
            let page = self.blob.list(&name.folder(), more).await?;
            for entry in page.entries.iter().filter(|entry| is_waste(&entry.key)) {
                self.blob.delete(&entry.key).await?;
            }
            more = page.more;
            if more.is_none() {
                return Ok(());
            }
        }
    }
}

/// Whether an object of the job is still of use to it.
fn needs(job: &Job, key: &str) -> bool {
    let result = job.compared.as_ref().map(|compared| compared.attempt);
    match (&job.state, job.name.attempt_of(key)) {
        // A later attempt may have begun since the job was read.
        (_, Some(attempt)) if attempt > job.attempt => true,
        (State::AwaitingPayment { .. } | State::Ready, Some(attempt)) => result == Some(attempt),
        (State::Processing(_), Some(attempt)) => attempt == job.attempt,
        (State::Processing(_), None) => true,
        (State::Failed(_), None) => job.is_retryable(),
        (State::Failed(_) | State::Cancelled { .. } | State::Expired, Some(_))
        | (
            State::AwaitingPayment { .. } | State::Ready | State::Cancelled { .. } | State::Expired,
            None,
        ) => false,
    }
}
