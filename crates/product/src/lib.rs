//! The product service: the catalogue, and the stock that sales take from it and give back.

mod config;
mod error;

mod grpc;

mod app;
pub mod domain;

mod cache;
mod store;

mod events;
mod metrics;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use proto::product::{inventory_server::InventoryServer, product_server::ProductServer};
use service::{Ctx, Role};

pub use app::App;
pub use config::{Cache, Config};
pub use error::Error;

pub const NAME: &str = "product";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/product.toml");

pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/product");

/// A service that is up.
#[derive(Debug)]
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
    let pool = db::connect(&config.db)
        .await
        .context("the catalogue's database")?;
    let mysql = pool.clone();
    ctx.readiness().add("mysql", move || {
        let mysql = mysql.clone();
        async move { db::probe(&mysql).await }
    });

    let app = Arc::new(App::new(
        store::Store::new(pool),
        config.cache,
        ctx.clock.clone(),
    ));

    if ctx.has(Role::Events) {
        let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
        events::consume(&broker, app.clone());
        ctx.readiness().add("rabbitmq", move || {
            let broker = broker.clone();
            async move { broker.probe() }
        });
    }

    let grpc = if ctx.has(Role::Grpc) {
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet)
            .reflection(proto::FILE_DESCRIPTOR_SET)
            .add(ProductServer::new(grpc::Grpc { app: app.clone() }))
            .add(InventoryServer::new(grpc::Grpc { app: app.clone() }));
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
