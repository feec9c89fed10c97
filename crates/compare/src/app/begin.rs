use super::{App, Say};
use crate::{
    domain::{Job, JobName, Wrong, exhausted},
    error::Error,
    metrics::WAIT_SECONDS,
};

/// What a worker finds that was told of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// It is the worker's, under the attempt that the job says.
    Mine(Box<Job>),
    /// Somebody is at it, or there is nothing to do.
    Nothing(Wrong),
    /// There is no such job.
    Unknown,
}

impl App {
    /// Claims a job for one worker, until its lease ends.
    pub async fn begin(&self, name: &JobName) -> Result<Begun, Error> {
        let now_ms = self.now_ms();
        let begun = db::transact!(self.store.pool(), "compare.begin", async |tx| {
            let Some(job) = self.store.lock_job(tx, name).await? else {
                return Ok::<_, Error>(Begun::Unknown);
            };
            let (lease_ms, tries_max) = (self.work.lease_ms.into(), self.work.tries_max);
            match job.clone().claim(now_ms, lease_ms, tries_max) {
                Ok(claimed) => {
                    let mine = self.take(tx, &job, claimed, Say::Nothing, now_ms).await?;
                    Ok(Begun::Mine(Box::new(mine)))
                }
                Err(Wrong::Exhausted) => {
                    let keep_until_ms = now_ms + self.jobs.keep_ms();
                    if let Ok(failed) = job.clone().fail(job.attempt, exhausted(), keep_until_ms) {
                        self.take(tx, &job, failed, Say::Nothing, now_ms).await?;
                    }
                    Ok(Begun::Nothing(Wrong::Exhausted))
                }
                Err(why) => Ok(Begun::Nothing(why)),
            }
        })
        .await?;
        if let Begun::Mine(job) = &begun
            && job.attempt == 1
        {
            let waited = (now_ms - job.created_at_ms).max(0).unsigned_abs();
            WAIT_SECONDS.observe(std::time::Duration::from_millis(waited).as_secs_f64());
        }
        Ok(begun)
    }
}
