use tracing::{info, warn};

use super::{App, Say, closing_or_nothing};
use crate::{
    domain::{Job, JobName, State, Wrong, exhausted},
    error::Error,
    metrics::{WAITING, WAITING_SECONDS},
};

/// Jobs per run: the next second goes on.
const JOBS_MAX: u32 = 200;

impl App {
    /// Takes the next step of every job whose time has come: one that lost its worker is announced
    /// again, one whose payment is being closed asks again, one whose time is over ends.
    pub async fn sweep(&self) -> Result<(), Error> {
        let due = self.store.due(self.now_ms(), JOBS_MAX).await?;
        for name in &due {
            if let Err(error) = self.sweep_job(name).await {
                if error.is_away() {
                    return Err(error);
                }
                warn!(job.id = %name, error = fault::chain(&error), "a due job does not move");
            }
        }
        if !due.is_empty() {
            self.wake.now();
        }
        let now_ms = self.now_ms();
        let (waiting, oldest_ms) = self.store.backlog(now_ms).await?;
        WAITING.set(waiting);
        WAITING_SECONDS.set(oldest_ms / 1_000);
        Ok(())
    }

    async fn sweep_job(&self, name: &JobName) -> Result<(), Error> {
        let now_ms = self.now_ms();
        db::transact!(self.store.pool(), "compare.sweep", async |tx| {
            let Some(job) = self.store.lock_job(tx, name).await? else {
                return Ok(());
            };
            // Another sweeper was faster, or its worker has spoken.
            if job.due_at_ms().is_none_or(|due_ms| due_ms > now_ms) {
                return Ok::<_, Error>(());
            }
            match self.due_step(&job, now_ms) {
                Ok((next, say)) => {
                    info!(job.id = %name, from = job.state.name(), to = next.state.name(), "swept");
                    self.take(tx, &job, next, say, now_ms).await?;
                }
                Err(why) => warn!(job.id = %name, %why, "a due job has no step to take"),
            }
            Ok(())
        })
        .await
    }

    fn due_step(&self, job: &Job, now_ms: i64) -> Result<(Job, Say), Wrong> {
        let job = job.clone();
        match &job.state {
            State::Processing(work) if work.tries >= self.work.tries_max => {
                let (attempt, keep_until_ms) = (job.attempt, now_ms + self.jobs.keep_ms());
                let failed = job.fail(attempt, exhausted(), keep_until_ms)?;
                Ok((failed, Say::Nothing))
            }
            State::Processing(_) => {
                let (attempt, look_at_ms) = (job.attempt, now_ms + self.jobs.announce_again_ms());
                Ok((job.release(attempt, look_at_ms)?, Say::Waiting))
            }
            State::AwaitingPayment { .. }
            | State::Ready
            | State::Failed(_)
            | State::Cancelled { .. }
            | State::Expired => {
                let next = job.lapse(now_ms, self.ask_at_ms(now_ms))?;
                let say = closing_or_nothing(&next);
                Ok((next, say))
            }
        }
    }
}
