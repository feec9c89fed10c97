use db::Tx;
use diff::Progress;
use ids::UserId;

use super::{
    Store,
    job_row::{Flat, Row, stage_name},
};
use crate::{
    domain::{CodeUrl, Job, JobName, Source, State},
    error::Error,
};

macro_rules! select_jobs {
    ($tail:tt, $($arg:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, name, user_id, request_key, file1_name, file1_bytes, file1_sha256,
                      file2_name, file2_bytes, file2_sha256, options, state, attempt, tries,
                      lease_until_ms, stage, percent, rows_read, failure_code, failure_message,
                      result_attempt, counts, amount_fen, price_rule,
                      pay_opened AS "pay_opened: bool", closing, payment_no, code_url,
                      code_url_at_ms, paid_at_ms, cancelled_at_ms, created_at_ms, updated_at_ms,
                      expires_at_ms, due_at_ms
               FROM jobs "# + $tail,
            $($arg),+
        )
    };
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// Under this id.
    Yes(i64),
    /// The caller has used its request key before.
    KeyTaken,
}

/// What a worker says while it is at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beat {
    pub attempt: i32,
    pub progress: Progress,
    pub lease_until_ms: i64,
}

impl Store {
    pub(crate) async fn insert_job(&self, tx: &mut Tx<'_>, job: &Job) -> Result<Inserted, Error> {
        let flat = Flat::of(job);
        let [file1, file2] = &job.sources;
        let inserted = sqlx::query!(
            "INSERT INTO jobs (name, user_id, request_key, file1_name, file1_bytes, file1_sha256,
                               file2_name, file2_bytes, file2_sha256, options, state, attempt,
                               tries, lease_until_ms, stage, percent, rows_read, failure_code,
                               failure_message, result_attempt, counts, amount_fen, price_rule,
                               pay_opened, closing, payment_no, code_url, code_url_at_ms,
                               paid_at_ms, cancelled_at_ms, created_at_ms, updated_at_ms,
                               expires_at_ms, due_at_ms, clean_at_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', 0, NULL, 0, '',
                     FALSE, '', '', '', 0, 0, 0, ?, ?, ?, ?, NULL)",
            job.name.as_str(),
            job.owner.map_or(0, UserId::get),
            job.request_key,
            file1.name,
            file1.bytes,
            file1.sha256,
            file2.name,
            file2.bytes,
            file2.sha256,
            job.options,
            job.state.name(),
            job.attempt,
            flat.tries,
            flat.lease_until_ms,
            flat.stage,
            flat.percent,
            flat.rows_read,
            job.created_at_ms,
            job.updated_at_ms,
            job.expires_at_ms,
            job.due_at_ms(),
        )
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(done) => Ok(Inserted::Yes(
                i64::try_from(done.last_insert_id()).unwrap_or_default(),
            )),
            Err(error) if db::hit_unique_key(&error, "request_key") => Ok(Inserted::KeyTaken),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn job(&self, name: &JobName) -> Result<Option<Job>, Error> {
        let row = select_jobs!("WHERE name = ?", name.as_str())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(Job::try_from).transpose()?)
    }

    /// Nobody else moves it until the transaction ends.
    pub(crate) async fn lock_job(
        &self,
        tx: &mut Tx<'_>,
        name: &JobName,
    ) -> Result<Option<Job>, Error> {
        let row = select_jobs!("WHERE name = ? FOR UPDATE", name.as_str())
            .fetch_optional(&mut **tx)
            .await?;
        Ok(row.map(Job::try_from).transpose()?)
    }

    pub(crate) async fn job_of_key(
        &self,
        owner: Option<UserId>,
        request_key: &str,
    ) -> Result<Option<Job>, Error> {
        let row = select_jobs!(
            "WHERE user_id = ? AND request_key = ?",
            owner.map_or(0, UserId::get),
            request_key
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(Job::try_from).transpose()?)
    }

    /// A user's jobs, newest first; an empty state: any.
    pub(crate) async fn jobs_of(
        &self,
        owner: UserId,
        state: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        select_jobs!(
            "WHERE user_id = ? AND (? = '' OR state = ?)
             ORDER BY created_at_ms DESC, id DESC LIMIT ? OFFSET ?",
            owner.get(),
            state,
            state,
            limit,
            offset
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok(Job::try_from(row)?))
        .collect()
    }

    pub(crate) async fn count_jobs_of(&self, owner: UserId, state: &str) -> Result<i64, Error> {
        Ok(sqlx::query_scalar!(
            "SELECT COUNT(*) FROM jobs WHERE user_id = ? AND (? = '' OR state = ?)",
            owner.get(),
            state,
            state,
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Writes what the job became; it was in state `from` and at attempt `from_attempt` when this
    /// transaction locked it. What leaves processing has files to clean up.
    pub(crate) async fn move_job(
        &self,
        tx: &mut Tx<'_>,
        from: &Job,
        job: &Job,
    ) -> Result<(), Error> {
        let flat = Flat::of(job);
        let is_processing = matches!(job.state, State::Processing(_));
        let clean_at_ms = (!is_processing).then_some(job.updated_at_ms);
        let payment_no = job.receipt.as_ref().map(|receipt| &receipt.payment_no);
        let moved = sqlx::query!(
            "UPDATE jobs
             SET state = ?, attempt = ?, tries = ?, lease_until_ms = ?, stage = ?, percent = ?,
                 rows_read = ?, failure_code = ?, failure_message = ?, result_attempt = ?,
                 counts = ?, amount_fen = ?, price_rule = ?, pay_opened = ?, closing = ?,
                 payment_no = COALESCE(?, payment_no), code_url = ?, code_url_at_ms = ?,
                 paid_at_ms = ?, cancelled_at_ms = ?, updated_at_ms = ?, expires_at_ms = ?,
                 due_at_ms = ?, clean_at_ms = ?
             WHERE id = ? AND state = ? AND attempt = ?",
            job.state.name(),
            job.attempt,
            flat.tries,
            flat.lease_until_ms,
            flat.stage,
            flat.percent,
            flat.rows_read,
            flat.failure_code,
            flat.failure_message,
            flat.result_attempt,
            flat.counts,
            flat.amount_fen,
            flat.price_rule,
            flat.pay_opened,
            flat.closing,
            payment_no,
            flat.code_url,
            flat.code_url_at_ms,
            flat.paid_at_ms,
            flat.cancelled_at_ms,
            job.updated_at_ms,
            job.expires_at_ms,
            job.due_at_ms(),
            clean_at_ms,
            from.id,
            from.state.name(),
            from.attempt,
        )
        .execute(&mut **tx)
        .await?;
        Ok(db::affected(&moved, 1, "the job's row")?)
    }

    /// Holds the claim a while longer. `false`: it is somebody else's, or there is nothing to do
    /// any more.
    pub(crate) async fn beat(&self, name: &JobName, beat: Beat) -> Result<bool, Error> {
        let held = sqlx::query!(
            "UPDATE jobs
             SET lease_until_ms = ?, due_at_ms = ?, stage = ?, percent = ?, rows_read = ?
             WHERE name = ? AND state = 'processing' AND attempt = ?",
            beat.lease_until_ms,
            beat.lease_until_ms,
            stage_name(beat.progress.stage),
            i32::from(beat.progress.percent),
            i64::try_from(beat.progress.rows).unwrap_or(i64::MAX),
            name.as_str(),
            beat.attempt,
        )
        .execute(&self.pool)
        .await?;
        Ok(held.rows_affected() == 1)
    }

    /// Keeps what the QR code holds while the job can be paid.
    pub(crate) async fn keep_code_url(&self, job: &Job, code_url: &CodeUrl) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE jobs
             SET payment_no = ?, code_url = ?, code_url_at_ms = ?
             WHERE id = ? AND state = 'awaiting_payment' AND closing = ''",
            code_url.payment_no,
            code_url.text,
            code_url.at_ms,
            job.id,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Whether the owner has paid for these two files, in either order, since then.
    pub(crate) async fn was_paid_since(
        &self,
        owner: UserId,
        sources: &[Source; 2],
        since_ms: i64,
    ) -> Result<bool, Error> {
        let [one, two] = sources;
        let paid = sqlx::query_scalar!(
            r#"SELECT EXISTS (
                   SELECT 1 FROM jobs
                   WHERE file1_sha256 = ? AND file2_sha256 = ? AND paid_at_ms >= ? AND user_id = ?
                   UNION ALL
                   SELECT 1 FROM jobs
                   WHERE file1_sha256 = ? AND file2_sha256 = ? AND paid_at_ms >= ? AND user_id = ?
               ) AS "paid: i64""#,
            one.sha256,
            two.sha256,
            since_ms.max(1),
            owner.get(),
            two.sha256,
            one.sha256,
            since_ms.max(1),
            owner.get(),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(paid != 0)
    }

    /// Jobs that the sweeper has to look at, longest due first. Several sweepers may meet: each
    /// step is taken in its row.
    pub(crate) async fn due(&self, now_ms: i64, limit: u32) -> Result<Vec<JobName>, Error> {
        let names = sqlx::query_scalar!(
            "SELECT name FROM jobs WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?",
            now_ms,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Jobs that have files they do not need any more.
    pub(crate) async fn to_clean(&self, now_ms: i64, limit: u32) -> Result<Vec<JobName>, Error> {
        let names = sqlx::query_scalar!(
            "SELECT name FROM jobs WHERE clean_at_ms <= ? ORDER BY clean_at_ms LIMIT ?",
            now_ms,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The files are gone that the job did not need in the state in which it was read. None: for
    /// good.
    pub(crate) async fn cleaned(&self, job: &Job, again_at_ms: Option<i64>) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE jobs SET clean_at_ms = ? WHERE id = ? AND state = ? AND attempt = ?",
            again_at_ms,
            job.id,
            job.state.name(),
            job.attempt,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many jobs wait for a worker, and how long the oldest has waited, in milliseconds.
    pub(crate) async fn backlog(&self, now_ms: i64) -> Result<(i64, i64), Error> {
        let row = sqlx::query!(
            r#"SELECT COUNT(*) AS "waiting: i64", MIN(created_at_ms) AS oldest_ms
               FROM jobs WHERE state = 'processing' AND lease_until_ms <= ?"#,
            now_ms,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((
            row.waiting,
            row.oldest_ms.map_or(0, |oldest| now_ms - oldest),
        ))
    }
}
