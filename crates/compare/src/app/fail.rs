use super::{App, Say};
use crate::{
    domain::{JobName, State},
    error::Error,
};
use diff::Failure;

/// Before it is tried again, after each try; the last repeats.
const AGAIN_MS: [i64; 3] = [1_000, 5_000, 30_000];

/// What a failed attempt means for its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It stays failed.
    ForGood,
    /// It is tried again.
    PutOff,
    /// The attempt had lost its job: nothing was written.
    Lost,
}

impl App {
    /// Ends an attempt without result. What the files did not cause is tried again.
    pub async fn fail(&self, name: &JobName, attempt: i32, why: &Failure) -> Result<Failed, Error> {
        let now_ms = self.now_ms();
        let keep_until_ms = now_ms + self.jobs.keep_ms();
        let told = uncharged(why);
        db::transact!(self.store.pool(), "compare.fail", async |tx| {
            let Some(job) = self.store.lock_job(tx, name).await? else {
                return Ok(Failed::Lost);
            };
            let again_at_ms = match &job.state {
                State::Processing(work)
                    if why.code.is_retryable() && work.tries < self.work.tries_max =>
                {
                    Some(now_ms + again_ms(work.tries))
                }
                _ => None,
            };
            let (next, failed) = match again_at_ms {
                Some(at_ms) => (job.clone().release(attempt, at_ms), Failed::PutOff),
                None => (
                    job.clone().fail(attempt, told.clone(), keep_until_ms),
                    Failed::ForGood,
                ),
            };
            match next {
                Ok(next) => {
                    self.take(tx, &job, next, Say::Nothing, now_ms).await?;
                    Ok::<_, Error>(failed)
                }
                Err(_) => Ok(Failed::Lost),
            }
        })
        .await
    }
}

/// What the files did not cause, their owner wants to know to be free.
fn uncharged(why: &Failure) -> Failure {
    let mut told = why.clone();
    if told.code.is_retryable() {
        told.message.push_str(",未收费");
    }
    told
}

fn again_ms(tries: i32) -> i64 {
    let step = usize::try_from(tries - 1).unwrap_or_default();
    AGAIN_MS[step.min(AGAIN_MS.len() - 1)]
}
