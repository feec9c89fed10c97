//! What compare can be asked to do: one verb, one file.

mod allow_payment;
mod begin;
mod cancel;
mod clean;
mod export;
mod fail;
mod finish;
mod get;
mod list;
mod payment_closed;
mod payment_paid;
mod preview;
mod prune_inbox;
mod release;
mod retry;
mod submit;
mod sweep;

use auth::Principal;
use blob::Blob;
use clock::SharedClock;
use db::Tx;
use outbox::Wake;
use proto::{compare::Waiting, payment::JobClosing};

pub use self::{begin::Begun, fail::Failed, payment_paid::Received};
use crate::{
    config,
    domain::{Job, JobName, Rules, State},
    error::Error,
    payment::Payment,
    store::{Beat, Store},
};

pub struct App {
    pub(crate) store: Store,
    pub(crate) blob: Blob,
    pub(crate) payment: Payment,
    pub(crate) clock: SharedClock,
    pub(crate) wake: Wake,
    pub(crate) jobs: config::Jobs,
    pub(crate) work: config::Work,
    pub(crate) price: Rules,
    /// How long a comparison takes at most.
    pub(crate) run_ms_max: i64,
}

/// What an event changed, or why it cannot change anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    Done,
    /// The message is at fault; it never will be anything else.
    Dead(&'static str),
}

/// What is said when a job moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    Nothing,
    /// To the workers: somebody may have it.
    Waiting,
    /// To payment: it must not be paid any more.
    Closing,
}

impl App {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// When payment is asked again.
    fn ask_at_ms(&self, now_ms: i64) -> i64 {
        now_ms + i64::from(self.jobs.ask_again_ms)
    }

    /// A job that the caller may see: somebody else's is not there.
    async fn visible(&self, caller: Option<&Principal>, name: &JobName) -> Result<Job, Error> {
        let job = self.store.job(name).await?;
        job.filter(|job| sees(caller, job))
            .ok_or_else(|| Error::NoJob(name.to_string()))
    }

    /// The same, and nobody else moves it until the transaction ends.
    async fn lock_visible(
        &self,
        tx: &mut Tx<'_>,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<Job, Error> {
        let job = self.store.lock_job(tx, name).await?;
        job.filter(|job| sees(caller, job))
            .ok_or_else(|| Error::NoJob(name.to_string()))
    }

    /// Writes what a locked job became, and what is said about it.
    async fn take(
        &self,
        tx: &mut Tx<'_>,
        from: &Job,
        to: Job,
        say: Say,
        now_ms: i64,
    ) -> Result<Job, Error> {
        let to = Job {
            updated_at_ms: now_ms,
            ..to
        };
        self.store.move_job(tx, from, &to).await?;
        match say {
            Say::Nothing => {}
            Say::Waiting => {
                let waiting = Waiting {
                    job_id: to.name.to_string(),
                };
                outbox::append(tx, &waiting, now_ms).await?;
            }
            Say::Closing => {
                let closing = JobClosing {
                    job_id: to.name.to_string(),
                    user_id: to.owner.map_or(0, ids::UserId::get),
                    amount_fen: to.amount().map_or(0, money::Money::fen),
                };
                outbox::append(tx, &closing, now_ms).await?;
            }
        }
        Ok(to)
    }

    /// The claim's owner is still at it. `false`: it is somebody else's, or not wanted any more.
    pub async fn beat(
        &self,
        name: &JobName,
        attempt: i32,
        progress: diff::Progress,
    ) -> Result<bool, Error> {
        let beat = Beat {
            attempt,
            progress,
            lease_until_ms: self.now_ms() + i64::from(self.work.lease_ms),
        };
        self.store.beat(name, beat).await
    }
}

/// Nobody's job is for whoever knows its name, which cannot be guessed.
fn sees(caller: Option<&Principal>, job: &Job) -> bool {
    match (job.owner, caller) {
        // The gateway asks as nobody for a caller that holds the job's secret; its id alone opens nothing.
        (None, None) => true,
        (None, Some(caller)) => caller.is_admin(),
        (Some(owner), Some(caller)) => owner == caller.user || caller.is_admin(),
        (Some(_), None) => false,
    }
}

/// A job that leaves its payment behind says so first.
fn closing_or_nothing(job: &Job) -> Say {
    match job.state {
        State::AwaitingPayment {
            closing: Some(_), ..
        } => Say::Closing,
        State::AwaitingPayment { closing: None, .. }
        | State::Processing(_)
        | State::Ready
        | State::Failed(_)
        | State::Cancelled { .. }
        | State::Expired => Say::Nothing,
    }
}
