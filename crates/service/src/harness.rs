//! From configuration to exit code: the life of a process with one service, or with all of them.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clock::SystemClock;
use futures_util::future::{BoxFuture, join_all};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing::Instrument;

use crate::{Config, Ctx, admin, telemetry};

/// One service of a process: answers once it has started and listens.
pub struct Service {
    pub name: &'static str,
    pub config: Config,
    pub run: Box<dyn FnOnce(Ctx) -> BoxFuture<'static, anyhow::Result<()>> + Send>,
}

/// The exporter may wait for the runtime: one worker would wait for itself.
const WORKERS_MIN: usize = 2;

/// Runs `services` until SIGTERM or SIGINT, then drains. 0: stopped as asked; 1: failed, or cut off work.
pub fn main(services: Vec<Service>) -> ExitCode {
    let workers = std::thread::available_parallelism().map_or(WORKERS_MIN, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.max(WORKERS_MIN))
        .enable_all()
        .build();
    let result = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(live(services)));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn live(services: Vec<Service>) -> anyhow::Result<bool> {
    let Some(first) = services.first() else {
        return Ok(true);
    };
    let process = if services.len() == 1 {
        first.name
    } else {
        "mall"
    };
    let telemetry = telemetry::install(process, &first.config)?;
    let grace = Duration::from_secs(
        services
            .iter()
            .map(|service| service.config.shutdown_grace_s)
            .max()
            .unwrap_or_default(),
    );
    let mut contexts = Vec::new();
    let result = start(services, &mut contexts).await;
    if result.is_ok() {
        asked_to_stop().await?;
        tracing::info!("stopping: no new work; what is under way may finish");
    }
    let drained = join_all(contexts.iter().map(|ctx| ctx.shut_down(grace))).await;
    let clean = drained.into_iter().all(|drained| drained);
    if !clean {
        tracing::error!(grace_s = grace.as_secs(), "work was cut off");
    }
    telemetry.flush().await;
    result.map(|()| clean)
}

async fn start(services: Vec<Service>, contexts: &mut Vec<Ctx>) -> anyhow::Result<()> {
    for service in services {
        let name = service.name;
        let ctx = Ctx::new(name, SystemClock::shared(), &service.config.roles);
        contexts.push(ctx.clone());
        let admin_address = service.config.admin;
        let listener = TcpListener::bind(admin_address)
            .await
            .with_context(|| format!("{name}: port {admin_address} (service.admin)"))?;
        // Not on the tracker: it serves while the rest drains.
        #[expect(
            clippy::let_underscore_future,
            reason = "it lives as long as the process"
        )]
        let _ = tokio::spawn(admin::serve(ctx.clone(), listener));
        let span = tracing::info_span!("start", service = name);
        (service.run)(ctx)
            .instrument(span)
            .await
            .with_context(|| name.to_owned())?;
        tracing::info!(service = name, admin = %admin_address, "started");
    }
    Ok(())
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
