//! The compare service: jobs that compare two workbooks. Submitted, compared by a worker in a child
//! process, looked at for free, paid, downloaded.
//!
//! A job's row decides everything: who works on it, whether it can be paid, when it ends. The
//! protocol is told in `crates/README.md`, "A comparison job".

mod config;
mod domain;
mod error;

pub mod child;

mod app;
mod events;
mod grpc;
mod jobs;
mod metrics;
mod payment;
mod store;
mod worker;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use blob::Blob;
use proto::compare::compare_server::CompareServer;
use service::{Ctx, Role};
use tracing::warn;

pub use crate::{
    app::{App, Begun, Failed, Handled, Received},
    config::{Config, Jobs, Work},
    error::Error,
};

/// What is known of a job without asking anybody; for tests.
pub mod model {
    pub use crate::domain::*;
}

pub const NAME: &str = "compare";
/// The complete configuration, with its defaults.
pub const DEFAULTS: &str = include_str!("../../../deploy/config/compare.toml");
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/compare");

/// A service that is up.
pub struct Started {
    /// Where it listens; `None` without the role.
    pub grpc: Option<SocketAddr>,
    pub app: Arc<App>,
    pub pool: db::Pool,
    pub blob: Blob,
}

/// Returns when everything is started; the work goes on until the context stops.
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(&ctx, &config).await.map(drop)
}

/// As [`run`], for callers that want to know where it listens.
pub async fn start(ctx: &Ctx, config: &Config) -> anyhow::Result<Started> {
    let pool = db::connect(&config.db).await.context("compare's schema")?;
    let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
    let wake = outbox::Relay::start(
        pool.clone(),
        broker.publisher(),
        Arc::clone(&ctx.clock),
        ctx.tracker(),
        ctx.stop(),
    );
    let blob = Blob::new(&config.blob);
    let app = Arc::new(App {
        store: store::Store::new(pool.clone()),
        blob: blob.clone(),
        payment: payment::Payment::new(&config.payment, &config.fleet),
        clock: Arc::clone(&ctx.clock),
        wake,
        jobs: config.jobs,
        work: config.work.clone(),
        price: config.price.clone(),
        run_ms_max: i64::try_from(config.limits.wall_s.saturating_mul(1_000)).unwrap_or(i64::MAX),
    });
    watch(ctx, &pool, &blob).await;
    if ctx.has(Role::Events) {
        events::start(&broker, &app);
    }
    if ctx.has(Role::Jobs) {
        jobs::start(ctx, &app);
    }
    if ctx.has(Role::Work) {
        worker::start(ctx, &broker, &app, config)?;
    }
    let mut grpc = None;
    if ctx.has(Role::Grpc) {
        let service = CompareServer::new(grpc::Grpc {
            app: Arc::clone(&app),
        });
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet).add(service);
        grpc = Some(server.start(ctx.tracker(), ctx.stop()).await?);
    }
    Ok(Started {
        grpc,
        app,
        pool,
        blob,
    })
}

/// What it cannot do without.
async fn watch(ctx: &Ctx, pool: &db::Pool, blob: &Blob) {
    if let Err(error) = blob.ensure_bucket().await {
        // The readiness check tries again.
        let error = fault::chain(&error);
        warn!(error, "the bucket cannot be made yet");
    }
    let pool = pool.clone();
    ctx.readiness().add("mysql", move || {
        let pool = pool.clone();
        async move { db::probe(&pool).await }
    });
    let blob = blob.clone();
    ctx.readiness().add("s3", move || {
        let blob = blob.clone();
        async move {
            match blob.probe().await {
                Ok(()) => Ok(()),
                Err(_) => {
                    let made = blob.ensure_bucket().await;
                    made.map_err(|error| error.to_string())
                }
            }
        }
    });
}
