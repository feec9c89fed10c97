//! From configuration to exit code: the life of a process with one service, or with all of them.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clock::SystemClock;
use futures_util::future::{BoxFuture, join_all, select_all};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};
use tracing::Instrument;

use crate::{
    Config, Ctx, admin,
    telemetry::{self, SCOPE},
};

/// One service of a process: answers once it has started and listens.
pub struct Service {
    pub name: &'static str,
    pub config: Config,
    pub run: Box<dyn FnOnce(Ctx) -> BoxFuture<'static, anyhow::Result<()>> + Send>,
}

/// One worker that is busy must not keep signals and health calls waiting.
const WORKERS_MIN: usize = 2;

/// Runs `services` until SIGTERM or SIGINT, then drains, the first of them first. 0: stopped as asked, and
/// everything under way has ended. 1: failed, or cut off work, as a second signal does at once.
///
/// Logs and traces are those of the first service's configuration.
pub fn main(services: Vec<Service>) -> ExitCode {
    let workers = services.iter().map(|service| service.config.workers).max();
    let runtime = runtime(workers.unwrap_or_default());
    let result = runtime.map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(live(services));
        // Whatever has not ended by now does not end.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let line: Vec<_> = format!("{error:#}")
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            eprintln!("mall: {}", line.join(" "));
            ExitCode::FAILURE
        }
    }
}

/// What a process runs on: so many threads, or one per processor when it is 0.
pub fn runtime(workers: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let processors = || std::thread::available_parallelism().map_or(WORKERS_MIN, usize::from);
    let workers = match workers {
        0 => processors().max(WORKERS_MIN),
        asked => asked,
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
}

/// Whether everything ended in time.
async fn live(services: Vec<Service>) -> anyhow::Result<bool> {
    let Some(first) = services.first() else {
        return Ok(true);
    };
    let mut signals = Signals::listen()?;
    let process = if services.len() == 1 {
        first.name
    } else {
        "mall"
    };
    let telemetry = telemetry::install(process, &first.config)?;
    let grace = services
        .iter()
        .map(|service| service.config.shutdown_grace_s)
        .max();
    let grace = Duration::from_secs(grace.unwrap_or_default());

    let mut contexts = Vec::new();
    let started = tokio::select! {
        started = start(services, &mut contexts) => Some(started),
        () = signals.next() => None,
    };
    let lived = match started {
        Some(Ok(())) => tokio::select! {
            () = signals.next() => Ok(()),
            failed = failure(&contexts) => Err(failed),
        },
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    tracing::info!("stopping: no new work; what is under way may finish");
    let clean = tokio::select! {
        drained = drain(&contexts, grace) => drained,
        () = signals.next() => false,
    };
    if !clean {
        tracing::error!(grace_s = grace.as_secs(), "work was cut off");
    }
    telemetry.flush().await;
    lived.map(|()| clean)
}

async fn start(services: Vec<Service>, contexts: &mut Vec<Ctx>) -> anyhow::Result<()> {
    for service in services {
        let name = service.name;
        let ctx = Ctx::new(name, SystemClock::shared(), &service.config.roles);
        ctx.readiness().starting(true);
        contexts.push(ctx.clone());
        let address = service.config.admin;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("{name}: port {address} (service.admin)"))?;
        let scope = tracing::info_span!(target: SCOPE, "service", name);
        // Not on the tracker: it serves while the rest drains.
        tokio::spawn(admin::serve(ctx.clone(), listener).instrument(scope.clone()));
        (service.run)(ctx.clone())
            .instrument(scope)
            .await
            .with_context(|| name.to_owned())?;
        ctx.readiness().starting(false);
        tracing::info!(service = name, admin = %address, "started");
    }
    Ok(())
}

/// A service that stops without being asked has failed, and the process with it.
async fn failure(contexts: &[Ctx]) -> anyhow::Error {
    let stops = contexts.iter().map(|ctx| {
        Box::pin(async {
            ctx.stop().cancelled().await;
            ctx.name
        })
    });
    let (name, ..) = select_all(stops).await;
    anyhow::anyhow!("{name} stopped by itself; its last error says why")
}

/// One service after the other, so that those in front still have those behind them; a slow one leaves the others
/// half of the time that is left. Answers whether all of them ended.
async fn drain(contexts: &[Ctx], grace: Duration) -> bool {
    let end = Instant::now() + grace;
    for ctx in contexts {
        ctx.readiness().stopping();
    }
    for ctx in contexts {
        let left = end.saturating_duration_since(Instant::now());
        ctx.shut_down(left / 2).await;
    }
    let all = join_all(contexts.iter().map(|ctx| ctx.tracker().wait()));
    tokio::time::timeout_at(end, all).await.is_ok()
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
