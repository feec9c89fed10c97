//! Money in and out through payment companies: opened once per subject, taken once, given back
//! once.

/// A place where dying hurts: here a test ends the verb, as if the process had gone.
macro_rules! may_die {
    ($point:literal) => {
        fail::fail_point!($point, |_| Err($crate::error::Error::FailPoint($point)))
    };
    ($point:literal as $error:ty) => {
        fail::fail_point!($point, |_| Err(<$error>::from(
            $crate::error::Error::FailPoint($point)
        )))
    };
}

mod config;
mod domain;
mod error;
mod purposes;

mod app;
mod compare;
mod events;
mod grpc;
mod jobs;
mod ledger;
mod metrics;
mod order;
mod provider;
mod store;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use proto::payment::{
    ledger_server::LedgerServer, payment_admin_server::PaymentAdminServer,
    payment_server::PaymentServer, wallet_server::WalletServer,
};
use service::{Ctx, Role};

pub use app::App;
pub use config::{Config, Pay, Wechat};
pub use ledger::{Finding, Report};

pub const NAME: &str = "payment";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/payment.toml");

pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/payment");

/// What a test needs of a running service.
pub struct Started {
    /// None without the role `grpc`.
    pub grpc: Option<SocketAddr>,
    pub app: Arc<App>,
}

/// Starts the roles of `ctx`; they go on until it stops.
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(&ctx, &config).await.map(drop)
}

pub async fn start(ctx: &Ctx, config: &Config) -> anyhow::Result<Started> {
    metrics::start();
    let pool = db::connect(&config.db).await?;
    let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
    let store = store::Store::new(pool.clone());
    let wechat = if config.wechat.is_off() {
        None
    } else {
        let clock = Arc::clone(&ctx.clock);
        Some(provider::wechat::Wechat::new(&config.wechat, clock).context("wechat")?)
    };
    let wake = outbox::Relay::start(
        pool.clone(),
        broker.publisher(),
        Arc::clone(&ctx.clock),
        ctx.tracker(),
        ctx.stop(),
    );
    let ledger = ledger::LedgerStore::new(pool.clone());
    let transfers = ledger::Transfers::start(&ledger, &ctx.clock, ctx.tracker(), ctx.stop());
    let app = Arc::new(App {
        ledger,
        transfers,
        numbers: app::Numbers::new(store.clone()),
        store,
        order: order::Order::new(&config.order, &config.fleet),
        compare: compare::Compare::new(&config.compare, &config.fleet),
        wechat,
        mock: config.pay.mock,
        clock: Arc::clone(&ctx.clock),
        wake,
    });

    ctx.readiness().add("mysql", move || {
        let pool = pool.clone();
        async move { db::probe(&pool).await }
    });
    if ctx.has(Role::Events) {
        events::start(&app, &broker);
    }
    if ctx.has(Role::Jobs) {
        jobs::start(&app, ctx);
    }
    let mut grpc = None;
    if ctx.has(Role::Grpc) {
        let room = grpc::Grpc {
            app: Arc::clone(&app),
        };
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet)
            .add(PaymentServer::new(room.clone()))
            .add(PaymentAdminServer::new(room.clone()))
            .add(WalletServer::new(room.clone()))
            .add(LedgerServer::new(room));
        grpc = Some(server.start(ctx.tracker(), ctx.stop()).await?);
    }
    Ok(Started { grpc, app })
}

/// Recomputes the books from the schema that `config` names; changes nothing.
pub async fn audit(config: &db::Config) -> anyhow::Result<Report> {
    let pool = db::connect(config).await?;
    let report = app::audit(&store::Store::new(pool.clone())).await?;
    pool.close().await;
    Ok(report)
}
