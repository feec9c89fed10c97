//! The role `work`: takes waiting jobs and compares their files, each in a child process.
//!
//! The message only says that somebody should look; the job's row decides. While a worker is at it,
//! it says so every second; who falls silent loses the job, and whatever it does afterwards counts
//! for nothing (its number is not the row's any more).

mod folder;

use diff::{Failure, Input, Limits, Progress, Request, Stage, Summary};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use blob::Blob;
use futures_util::{StreamExt, stream};
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::compare::Waiting;
use service::Ctx;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span, warn};

use self::folder::Folder;
use crate::{
    app::{App, Begun, Failed},
    child,
    config::Config,
    domain::Job,
    error::Error,
    metrics::Run,
};

/// One job at a time; the others stay in the queue for whoever is free.
const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 1,
    batch_max: 1,
    batch_wait: Duration::ZERO,
};
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ZIP: &str = "application/zip";

/// Takes as many jobs at the same time as it has slots.
pub(crate) fn start(
    ctx: &Ctx,
    broker: &Broker,
    app: &Arc<App>,
    config: &Config,
) -> anyhow::Result<()> {
    let work = &config.work;
    let binary = if work.binary.as_os_str().is_empty() {
        std::env::current_exe().context("work.binary: where this program is")?
    } else {
        work.binary.clone()
    };
    let folder = Folder::open(&work.folder).context("work.folder")?;
    let worker = Arc::new(Worker {
        app: Arc::clone(app),
        folder,
        binary,
        limits: config.limits.clone(),
        heartbeat: work.heartbeat(),
        stop: ctx.stop().clone(),
    });
    for _ in 0..work.slots {
        let worker = Arc::clone(&worker);
        broker.consume::<Waiting, _, _>(OPTIONS, move |deliveries| {
            let worker = Arc::clone(&worker);
            async move {
                let mut verdicts = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    verdicts.push(worker.take(delivery).await);
                }
                verdicts
            }
        });
    }
    Ok(())
}

struct Worker {
    app: Arc<App>,
    folder: Folder,
    binary: PathBuf,
    limits: Limits,
    heartbeat: Duration,
    stop: CancellationToken,
}

/// Why a worker lets go of a job that it has not finished.
enum Loss {
    /// Somebody else has it, or nobody wants it any more.
    Lost,
    /// The process stops.
    Stopping,
}

impl Worker {
    async fn take(&self, delivery: Delivery<Waiting>) -> Verdict {
        let Ok(name) = delivery.message.job_id.parse() else {
            return Verdict::Dead("the message names no job".to_owned());
        };
        match self.app.begin(&name).await {
            Ok(Begun::Mine(job)) => {
                let span = info_span!("compare.run", job.id = %name, job.attempt = job.attempt);
                if let Some(parent) = &delivery.trace_parent {
                    trace::set_parent(&span, parent);
                }
                self.run(&job).instrument(span).await;
                Verdict::Done
            }
            Ok(Begun::Nothing(why)) => {
                info!(job.id = %name, %why, "a message that came too late or twice");
                Verdict::Done
            }
            Ok(Begun::Unknown) => Verdict::Dead("no such job".to_owned()),
            Err(error) if error.is_away() => Verdict::Hold(fault::chain(&error)),
            Err(error) => Verdict::Retry(fault::chain(&error)),
        }
    }

    async fn run(&self, job: &Job) {
        let started = Instant::now();
        let folder = self.folder.of(job);
        let run = match Box::pin(self.attempt(job, &folder)).await {
            Ok(run) => run,
            Err(error) => {
                // The lease runs out, and the sweeper gives the job to somebody else.
                warn!(error = fault::chain(&error), "an attempt ends nowhere");
                Run::Lost
            }
        };
        folder::remove(&folder).await;
        run.observe(started.elapsed());
        info!(run = ?run, took_ms = started.elapsed().as_millis(), "an attempt has ended");
    }

    async fn attempt(&self, job: &Job, folder: &Path) -> Result<Run, Error> {
        let begun = Progress {
            stage: Stage::Preflight,
            percent: 0,
            rows: 0,
        };
        let (tell, told) = watch::channel(begun);
        let cancel = CancellationToken::new();
        let compared = {
            let mut comparing = std::pin::pin!(self.compare(job, folder, tell, cancel.clone()));
            tokio::select! {
                compared = &mut comparing => Ok(compared),
                loss = self.hold(job, told) => {
                    cancel.cancel();
                    // Until the child is gone and nothing is on its way into the store.
                    let _ = comparing.await;
                    Err(loss)
                }
            }
        };
        match compared {
            Ok(Ok((summary, preview))) => self.finish(job, &summary, &preview).await,
            Ok(Err(failure)) => {
                warn!(%failure, "a comparison failed");
                Ok(
                    match self.app.fail(&job.name, job.attempt, &failure).await? {
                        Failed::ForGood => Run::Failed,
                        Failed::PutOff => Run::PutOff,
                        Failed::Lost => Run::Lost,
                    },
                )
            }
            Err(loss) => {
                self.drop_result(job).await;
                match loss {
                    Loss::Lost => Ok(Run::Lost),
                    Loss::Stopping => {
                        self.app.release(&job.name, job.attempt).await?;
                        Ok(Run::GivenBack)
                    }
                }
            }
        }
    }

    /// Says again and again that somebody is at it, until that is no longer so.
    async fn hold(&self, job: &Job, told: watch::Receiver<Progress>) -> Loss {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Loss::Stopping,
                () = tokio::time::sleep(self.heartbeat) => {}
            }
            let progress = *told.borrow();
            match self.app.beat(&job.name, job.attempt, progress).await {
                Ok(true) => {}
                Ok(false) => return Loss::Lost,
                Err(error) => warn!(error = fault::chain(&error), "a heartbeat is lost"),
            }
        }
    }

    /// The result is in the store: now the row decides whether it counts.
    async fn finish(&self, job: &Job, summary: &Summary, preview: &str) -> Result<Run, Error> {
        loop {
            match self.app.finish(job, summary, preview).await {
                Ok(true) => return Ok(Run::Finished),
                Ok(false) => {
                    self.drop_result(job).await;
                    return Ok(Run::Lost);
                }
                Err(error) if error.is_away() && mq::pause(&self.stop).await => {
                    warn!(error = fault::chain(&error), "a result waits for MySQL");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What cannot be removed now is left to the cleaner.
    async fn drop_result(&self, job: &Job) {
        let key = job.name.result_key(job.attempt);
        if let Err(error) = self.app.blob.delete(&key).await {
            warn!(
                error = fault::chain(&error),
                "a result that nobody wants stays a while"
            );
        }
    }

    /// From the store to the store, through files of this attempt's own.
    async fn compare(
        &self,
        job: &Job,
        folder: &Path,
        tell: watch::Sender<Progress>,
        cancel: CancellationToken,
    ) -> Result<(Summary, String), Failure> {
        let request = self.request(job, folder)?;
        tokio::fs::create_dir_all(&request.scratch)
            .await
            .map_err(Failure::internal)?;
        let blob = &self.app.blob;
        for (slot, input) in [(1, &request.left), (2, &request.right)] {
            let key = job.name.source_key(slot);
            let fetched = cancel.run_until_cancelled(fetch(blob, &key, &input.path));
            fetched.await.ok_or_else(cancelled)??;
        }
        let on_progress = move |progress| {
            tell.send_replace(progress);
        };
        let done = child::run(&self.binary, &request, on_progress, cancel.clone()).await?;
        let preview = tokio::fs::read_to_string(&request.preview)
            .await
            .map_err(Failure::internal)?;
        let key = job.name.result_key(job.attempt);
        let stored = cancel.run_until_cancelled(store(blob, &key, &request));
        stored.await.ok_or_else(cancelled)??;
        Ok((done.summary, preview))
    }

    fn request(&self, job: &Job, folder: &Path) -> Result<Request, Failure> {
        let [left, right] = &job.sources;
        let input = |slot: &str, name: &str| Input {
            path: folder.join(slot),
            name: name.to_owned(),
        };
        Ok(Request {
            left: input("1", &left.name),
            right: input("2", &right.name),
            options: serde_json::from_str(&job.options).map_err(Failure::internal)?,
            result: folder.join("result.xlsx"),
            preview: folder.join("preview.json"),
            scratch: folder.join("scratch"),
            limits: self.limits.clone(),
            created_ms: job.created_at_ms,
        })
    }
}

fn cancelled() -> Failure {
    Failure::new(diff::FailureCode::Cancelled, "已取消")
}

async fn fetch(blob: &Blob, key: &str, path: &Path) -> Result<(), Failure> {
    let mut object = blob.get(key).await.map_err(|error| store_failed(&error))?;
    let mut file = tokio::fs::File::create(path)
        .await
        .map_err(Failure::internal)?;
    while let Some(piece) = object
        .body
        .next()
        .await
        .map_err(|error| store_failed(&error))?
    {
        file.write_all(&piece).await.map_err(Failure::internal)?;
    }
    file.flush().await.map_err(Failure::internal)
}

async fn store(blob: &Blob, key: &str, request: &Request) -> Result<(), Failure> {
    const PIECE: usize = 256 * 1024;
    let kind = if request.options.output.csv {
        ZIP
    } else {
        XLSX
    };
    let file = tokio::fs::File::open(&request.result)
        .await
        .map_err(Failure::internal)?;
    let pieces = stream::unfold(file, async |mut file| {
        let mut piece = bytes::BytesMut::with_capacity(PIECE);
        match file.read_buf(&mut piece).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece.freeze()), file)),
            Err(error) => Some((Err(error), file)),
        }
    });
    blob.put_stream(key, kind, u64::MAX, pieces.boxed())
        .await
        .map(drop)
        .map_err(|error| store_failed(&error))
}

fn store_failed(error: &blob::Error) -> Failure {
    Failure::internal(fault::chain(error))
}
