use db::Tx;
use money::Money;
use proto::payment::JobRefundDue;
use tracing::{error, warn};
use uuid::Uuid;

use super::{App, Handled, Say};
use crate::{
    domain::{Job, JobName, Receipt},
    error::Error,
    metrics::Alarm,
};

/// Money that payment took for a job.
#[derive(Debug, Clone)]
pub struct Received {
    pub message: Uuid,
    pub job: JobName,
    pub receipt: Receipt,
    pub amount: Money,
}

impl App {
    /// A paid job is ready. Money that comes too late, or again, or in another amount, goes back.
    pub async fn payment_paid(&self, received: &Received) -> Result<Handled, Error> {
        let handled = db::transact!(self.store.pool(), "compare.payment_paid", async |tx| {
            self.take_money(tx, received).await
        })
        .await?;
        self.wake.now();
        Ok(handled)
    }

    async fn take_money(&self, tx: &mut Tx<'_>, received: &Received) -> Result<Handled, Error> {
        let Some(job) = self.store.lock_job(tx, &received.job).await? else {
            Alarm::NoJob.raise();
            return Ok(Handled::Dead("no such job"));
        };
        if job.receipt.as_ref() == Some(&received.receipt) {
            return Ok(Handled::Done);
        }
        let now_ms = self.now_ms();
        if job.amount() != Some(received.amount) {
            Alarm::WrongAmount.raise();
            error!(
                job.id = %job.name, payment.amount_fen = received.amount.fen(),
                "a payment of another amount than its job's goes back"
            );
            self.give_back(tx, received, "付款金额不符,付款退回", now_ms)
                .await?;
            return Ok(Handled::Dead("another amount than the job's"));
        }
        self.accept(tx, job, received, now_ms).await?;
        Ok(Handled::Done)
    }

    async fn accept(
        &self,
        tx: &mut Tx<'_>,
        job: Job,
        received: &Received,
        now_ms: i64,
    ) -> Result<(), Error> {
        let keep_until_ms = now_ms + self.jobs.keep_ms();
        match job.clone().pay(received.receipt.clone(), keep_until_ms) {
            Ok(paid) => {
                self.take(tx, &job, paid, Say::Nothing, now_ms).await?;
                Ok(())
            }
            Err(why) => {
                warn!(job.id = %job.name, %why, "a payment that cannot be accepted goes back");
                self.give_back(tx, received, "对比任务已结束,付款退回", now_ms)
                    .await
            }
        }
    }

    /// Once per message; payment refunds a payment once, however often it is told.
    async fn give_back(
        &self,
        tx: &mut Tx<'_>,
        received: &Received,
        reason: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        const CONSUMER: &str = "compare.payment_paid";
        if outbox::first_time(tx, CONSUMER, received.message, now_ms).await? {
            let due = JobRefundDue {
                job_id: received.job.to_string(),
                payment_no: received.receipt.payment_no.clone(),
                reason: reason.to_owned(),
            };
            outbox::append(tx, &due, now_ms).await?;
        }
        Ok(())
    }
}
