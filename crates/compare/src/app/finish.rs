use super::{App, Say};
use crate::{
    domain::{Compared, Counts, Facts, Job, Price},
    error::Error,
    store::Report,
};
use diff::Summary;

impl App {
    /// Ends an attempt with its result, which is in the store. `false`: the attempt had lost its
    /// job, and nothing was written.
    pub async fn finish(
        &self,
        claimed: &Job,
        summary: &Summary,
        preview: &str,
    ) -> Result<bool, Error> {
        let now_ms = self.now_ms();
        let compared = Compared {
            attempt: claimed.attempt,
            counts: Counts::of(summary),
            price: self.priced(claimed, summary, now_ms).await?,
        };
        let report = Report {
            summary: serde_json::to_string(summary).unwrap_or_default(),
            preview: preview.to_owned(),
        };
        let pay_until_ms = now_ms + self.jobs.payment_window_ms();
        let keep_until_ms = now_ms + self.jobs.keep_ms();
        db::transact!(self.store.pool(), "compare.finish", async |tx| {
            let Some(job) = self.store.lock_job(tx, &claimed.name).await? else {
                return Ok(false);
            };
            let next = job
                .clone()
                .finish(compared.clone(), pay_until_ms, keep_until_ms);
            let Ok(next) = next else {
                return Ok::<_, Error>(false);
            };
            self.store.insert_report(tx, job.id, &report).await?;
            self.take(tx, &job, next, Say::Nothing, now_ms).await?;
            Ok(true)
        })
        .await
    }

    async fn priced(&self, job: &Job, summary: &Summary, now_ms: i64) -> Result<Price, Error> {
        let since_ms = now_ms.saturating_sub_unsigned(self.price.rerun_free_s * 1_000);
        // Nobody in particular may be anybody.
        let paid_before = match job.owner {
            Some(owner) => {
                let sources = &job.sources;
                self.store.was_paid_since(owner, sources, since_ms).await?
            }
            None => false,
        };
        Ok(self.price.price(&Facts::of(summary, paid_before)))
    }
}
