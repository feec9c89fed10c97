use std::time::Duration;

use auth::Principal;

use super::{App, closing_or_nothing};
use crate::{
    domain::{Job, JobName, State, Wrong},
    error::Error,
};

/// Payment usually has an answer within a second; its sender is told to come back after this.
const ANSWER_MAX: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl App {
    /// Cancels a job at any point before it is finished. Where a payment may exist, that is closed
    /// first, and what is paid meanwhile is paid.
    pub(crate) async fn cancel(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<Job, Error> {
        let now_ms = self.now_ms();
        let ask_at_ms = self.ask_at_ms(now_ms);
        let job = db::transact!(self.store.pool(), "compare.cancel", async |tx| {
            let job = self.lock_visible(tx, caller, name).await?;
            let not_cancellable = |why| Error::NotCancellable {
                job: name.clone(),
                why,
            };
            let next = job.clone().cancel(now_ms, ask_at_ms);
            let next = next.map_err(not_cancellable)?;
            if next == job {
                Ok(job)
            } else {
                let say = closing_or_nothing(&next);
                self.take(tx, &job, next, say, now_ms).await
            }
        })
        .await?;
        self.wake.now();
        let answered = tokio::time::timeout(ANSWER_MAX, self.await_closed(job)).await;
        answered.unwrap_or_else(|_| Err(Error::StillClosing(name.clone())))
    }

    /// Until payment has said whether it was paid.
    async fn await_closed(&self, mut job: Job) -> Result<Job, Error> {
        loop {
            match job.state {
                State::Cancelled { .. } => return Ok(job),
                State::AwaitingPayment { .. } => {}
                State::Processing(_) | State::Ready | State::Failed(_) | State::Expired => {
                    return Err(Error::NotCancellable {
                        job: job.name,
                        why: Wrong::Finished,
                    });
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let found = self.store.job(&job.name).await?;
            job = found.ok_or_else(|| Error::NoJob(job.name.to_string()))?;
        }
    }
}
