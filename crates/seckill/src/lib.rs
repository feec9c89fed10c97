//! The seckill service: flash sales, and the race for their units in Redis.
//!
//! Redis decides the winners within a microsecond; order's rows in MySQL decide what counts. Between them
//! stand the hand-off list (a winner is written to it by the very script that takes the unit) and
//! the epoch (every rebuild of Redis is a new one).

mod config;
mod error;

mod grpc;

mod app;
mod domain;

mod order_ids;
mod sales;
mod stock;
mod store;

mod events;
mod jobs;
mod metrics;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use anyhow::Context;
use proto::{
    order::{ReservedItem, order_client::OrderClient},
    product::product_client::ProductClient,
    seckill::seckill_server::SeckillServer,
};
use service::{Ctx, Role};

pub use app::{App, Release};
pub use config::{Config, Reserve, Sale};
pub use domain::Invalid;
pub use error::Error;

pub const NAME: &str = "seckill";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/seckill.toml");

pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/seckill");

/// A service that is up.
pub struct Started {
    pub app: Arc<App>,
    /// Where it listens; `None` without the role.
    pub grpc: Option<SocketAddr>,
}

/// Returns when everything is started; the work goes on until the context stops.
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(ctx, config).await.map(drop)
}

/// As [`run`], for callers that want to know where it listens.
pub async fn start(ctx: Ctx, config: Config) -> anyhow::Result<Started> {
    let app = Arc::new(build(&ctx, &config).await?);
    // A replica that does not know the sales yet would refuse all of them.
    app.refresh().await.context("the activities")?;
    // Nor which epochs count: it would sell from a Redis that went back. Order may start later.
    if let Err(error) = app.poll_epochs().await {
        let error = fault::chain(&error);
        tracing::warn!(error, "order does not say which epochs count");
    }
    jobs::mirror(&ctx, &app);
    if ctx.has(Role::Events) {
        events::consume(&app.broker, app.clone());
    }
    if ctx.has(Role::Jobs) {
        jobs::start(&ctx, &app, config.sale);
    }
    let grpc = if ctx.has(Role::Grpc) {
        let service = grpc::Grpc {
            app: app.clone(),
            ctx: ctx.clone(),
        };
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet)
            .add(SeckillServer::new(service))
            .reflection(proto::FILE_DESCRIPTOR_SET);
        Some(
            server
                .start(ctx.tracker(), ctx.stop())
                .await
                .context("the gRPC server")?,
        )
    } else {
        None
    };
    Ok(Started { app, grpc })
}

async fn build(ctx: &Ctx, config: &Config) -> anyhow::Result<App> {
    let pool = db::connect(&config.db)
        .await
        .context("seckill's database")?;
    let kv = kv::connect(&config.kv).await.context("Redis")?;
    for warning in kv.settings_warnings().await.unwrap_or_default() {
        tracing::warn!(warning, "Redis could lose or evict data");
    }
    let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
    watch_engines(ctx, &pool, &kv, &broker);
    let publisher = broker.publisher();
    let hand_off = batch::Batcher::start(
        "seckill.hand_off",
        config.reserve.limits(),
        ctx.tracker(),
        ctx.stop(),
        move |groups: Vec<Vec<ReservedItem>>| app::hand_off(publisher.clone(), groups),
    );
    Ok(App {
        store: store::Store::new(pool),
        stock: stock::Stock::new(kv),
        broker,
        order: OrderClient::new(rpc::peer(&config.order, &config.fleet)),
        product: ProductClient::new(rpc::peer(&config.product, &config.fleet)),
        sealer: auth::Sealer::new(&config.auth).context("the keys of auth")?,
        clock: ctx.clock.clone(),
        sales: sales::Sales::default(),
        order_ids: order_ids::OrderIds::default(),
        hand_off,
        confirm: Duration::from_millis(config.mq.confirm_timeout_ms),
        buyers_per_call: config.reserve.buyers_per_call(),
        config: config.sale,
        tracker: ctx.tracker().clone(),
        stop: ctx.stop().clone(),
        owner: owner(),
        fences: AtomicU64::new(1),
        fences_running: tokio::sync::Semaphore::new(app::FENCES_MAX),
        rebuilds_running: tokio::sync::Semaphore::new(app::REBUILDS_MAX),
        looking: tokio::sync::Mutex::default(),
        redis_lost: AtomicBool::new(false),
        redis_back: tokio::sync::Notify::new(),
    })
}

fn watch_engines(ctx: &Ctx, pool: &db::Pool, kv: &kv::Kv, broker: &mq::Broker) {
    let (pool, kv, broker) = (pool.clone(), kv.clone(), broker.clone());
    ctx.readiness().add("mysql", move || {
        let pool = pool.clone();
        async move { db::probe(&pool).await }
    });
    ctx.readiness().add("redis", move || {
        let kv = kv.clone();
        async move { kv.probe().await }
    });
    ctx.readiness().add("rabbitmq", move || {
        let broker = broker.clone();
        async move { broker.probe() }
    });
}

/// Names this process in leases: no two may ever share it.
fn owner() -> String {
    uuid::Uuid::new_v4().to_string()
}
