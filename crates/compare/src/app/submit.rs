mod form;

use auth::Principal;
use diff::{Failure, Options};
use futures_util::Stream;
use ids::UserId;
use tracing::warn;

use self::form::{Form, Received};
use super::App;
use crate::{
    domain::{Job, JobName, State, Upload, Work},
    error::Error,
    store::Inserted,
};

/// A job that was taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Submitted {
    pub job: Job,
    /// An earlier request with the same key made it.
    pub repeated: bool,
}

impl App {
    /// Takes the files into the store as they arrive, and commits the job when all of it is there.
    /// Whatever goes wrong before leaves nothing behind.
    pub(crate) async fn submit<S>(
        &self,
        caller: Option<&Principal>,
        parts: S,
    ) -> Result<Submitted, Error>
    where
        S: Stream<Item = Result<Upload, Error>> + Send + Unpin,
    {
        let owner = caller.map(|caller| caller.user);
        let mut form = Form::new(parts, self.jobs.upload_bytes_max);
        let request_key = form.begin().await?;
        if let Some(key) = &request_key
            && let Some(job) = self.store.job_of_key(owner, key).await?
        {
            // Its files are read for their hashes alone.
            let received = form.receive(None).await?;
            return repeat(job, &received);
        }
        let name = JobName::of_random(rand::random());
        let until_ms = self.now_ms() + self.jobs.upload_ms();
        self.store.begin_upload(&name, until_ms).await?;
        let submitted = self.store_form(&mut form, &name, owner, request_key).await;
        match &submitted {
            Ok(taken) if taken.job.name == name => self.wake.now(),
            Ok(_) | Err(_) => self.drop_upload(&name).await,
        }
        submitted
    }

    async fn store_form<S>(
        &self,
        form: &mut Form<S>,
        name: &JobName,
        owner: Option<UserId>,
        request_key: Option<String>,
    ) -> Result<Submitted, Error>
    where
        S: Stream<Item = Result<Upload, Error>> + Send + Unpin,
    {
        let received = form.receive(Some((&self.blob, name))).await?;
        let options = options(&received.options)?;
        let now_ms = self.now_ms();
        let job = Job {
            id: 0,
            name: name.clone(),
            owner,
            request_key,
            sources: received.sources.clone(),
            options,
            attempt: 0,
            state: State::Processing(Work::new(now_ms + self.jobs.announce_again_ms())),
            compared: None,
            receipt: None,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
            expires_at_ms: now_ms + self.jobs.keep_ms(),
        };
        match self.insert(&job).await? {
            Inserted::Yes(id) => Ok(Submitted {
                job: Job { id, ..job },
                repeated: false,
            }),
            // The same request came twice at once, and the other one was faster.
            Inserted::KeyTaken => {
                let key = job.request_key.as_deref().unwrap_or_default();
                let earlier = self.store.job_of_key(owner, key).await?;
                repeat(earlier.ok_or(Error::KeyReused)?, &received)
            }
        }
    }

    async fn insert(&self, job: &Job) -> Result<Inserted, Error> {
        let now_ms = job.created_at_ms;
        db::transact!(self.store.pool(), "compare.submit", async |tx| {
            if !self.store.end_upload(tx, &job.name).await? {
                return Err(Error::GivenUp);
            }
            let inserted = self.store.insert_job(tx, job).await?;
            if inserted != Inserted::KeyTaken {
                let waiting = proto::compare::Waiting {
                    job_id: job.name.to_string(),
                };
                outbox::append(tx, &waiting, now_ms).await?;
            }
            Ok(inserted)
        })
        .await
    }

    /// What cannot be removed now is left to the cleaner.
    async fn drop_upload(&self, name: &JobName) {
        let dropped = async {
            self.store.give_up_upload(name).await?;
            self.clean_upload(name).await
        };
        if let Err(error) = dropped.await {
            warn!(job.id = %name, error = fault::chain(&error), "an upload is removed later");
        }
    }
}

/// The options in full, so that the job means the same under every later version's defaults.
fn options(text: &str) -> Result<String, Error> {
    let options = Options::from_json(text).map_err(Error::Options)?;
    options.validate().map_err(Error::Options)?;
    serde_json::to_string(&options)
        .map_err(|error| Error::Options(Failure::option(format!("选项无效: {error}"))))
}

/// The same key asks for the same comparison, or for nothing.
fn repeat(job: Job, received: &Received) -> Result<Submitted, Error> {
    let hashes = |sources: &[crate::domain::Source; 2]| sources.clone().map(|source| source.sha256);
    let same_files = hashes(&job.sources) == hashes(&received.sources);
    if same_files && job.options == options(&received.options)? {
        Ok(Submitted {
            job,
            repeated: true,
        })
    } else {
        Err(Error::KeyReused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_kept_in_full_and_unknown_ones_refused() {
        let kept: Options = serde_json::from_str(&options("").unwrap()).unwrap();
        assert_eq!(kept, Options::default());
        assert_eq!(options("{}").unwrap(), options(" ").unwrap());
        for wrong in [
            "{\"tolerence\":1}",
            "[]",
            "{",
            "{\"values\":{\"abs_tol\":-1}}",
        ] {
            assert!(matches!(options(wrong), Err(Error::Options(_))), "{wrong}");
        }
    }
}
