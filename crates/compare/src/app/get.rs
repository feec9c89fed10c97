use auth::Principal;
use proto::payment::State as Paying;
use tracing::warn;

use super::App;
use crate::{
    domain::{CodeUrl, Job, JobName, State},
    error::Error,
};

/// A code works for two hours; what a page shows should still work when it is scanned.
const CODE_URL_REUSE_MS: i64 = 100 * 60_000;

impl App {
    /// `payable`: with what its QR code holds, which opens its payment.
    pub(crate) async fn get(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
        payable: bool,
    ) -> Result<Job, Error> {
        let job = self.visible(caller, name).await?;
        if payable && self.wants_code(&job) {
            self.with_code(caller, job).await
        } else {
            Ok(job)
        }
    }

    fn wants_code(&self, job: &Job) -> bool {
        let now_ms = self.now_ms();
        match &job.state {
            State::AwaitingPayment {
                closing: None,
                code_url,
                ..
            } => {
                let is_fresh = |code: &CodeUrl| now_ms - code.at_ms < CODE_URL_REUSE_MS;
                now_ms < job.expires_at_ms && !code_url.as_ref().is_some_and(is_fresh)
            }
            State::AwaitingPayment { .. }
            | State::Processing(_)
            | State::Ready
            | State::Failed(_)
            | State::Cancelled { .. }
            | State::Expired => false,
        }
    }

    /// Without a code when payment has none right now: who waits for it looks again.
    async fn with_code(&self, caller: Option<&Principal>, job: Job) -> Result<Job, Error> {
        let view = match self.payment.open(caller, &job.name).await {
            Ok(view) => view,
            Err(error) => {
                let error = fault::chain(&error);
                warn!(job.id = %job.name, error, "its payment cannot be opened now");
                return Ok(job);
            }
        };
        if view.state() != Paying::Pending {
            // It was paid a moment ago, and the message is on its way.
            return Ok(job);
        }
        let code_url = CodeUrl {
            text: view.code_url,
            at_ms: self.now_ms(),
            payment_no: view.payment_no,
        };
        self.store.keep_code_url(&job, &code_url).await?;
        let found = self.store.job(&job.name).await?;
        found.ok_or_else(|| Error::NoJob(job.name.to_string()))
    }
}
