//! Orders, and the rows that decide what counts in a sale.
//!
//! Landing, closing and fencing meet in one row per sale: whoever writes units holds it shared, whoever rebuilds
//! writes it first (`store/sales.rs`). The protocol is told in `crates/README.md`, "A purchase in a sale".

mod app;
mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod jobs;
mod metrics;
mod store;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use proto::{
    order::{
        cart_server::CartServer, coupons_server::CouponsServer, order_server::OrderServer,
        retail_server::RetailServer,
    },
    product::inventory_client::InventoryClient,
    seckill::seckill_client::SeckillClient,
};
use service::{Ctx, Role};

pub use crate::{
    app::{
        App, Face, FenceVerdict, Fenced, Handled, Intent, LandOutcome, LivePage, Outcome, Owned,
        Owner, Page, Parcel, Peers, Placing, Received, Shown, TemplateEdit, Wanted,
    },
    config::{Closing, Config, Landing, Retail},
    error::Error,
    events::Lander,
    store::{
        Corrupt,
        carts::CartLine,
        listing::Filter,
        sales::OpenSale,
        shipments::LogEntry,
        units::Live,
        user_coupons::{Claimed, CouponState},
    },
};

/// What is known of orders and sales without asking anybody; for tests.
pub mod model {
    pub use crate::domain::*;
}

pub const NAME: &str = "order";
/// The complete configuration, with its defaults.
pub const DEFAULTS: &str = include_str!("../../../deploy/config/order.toml");
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/order");

/// A service that is up.
pub struct Started {
    /// Where it listens, if it has that role.
    pub grpc: Option<SocketAddr>,
    pub app: Arc<App>,
    pub pool: db::Pool,
    pub broker: mq::Broker,
}

pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(ctx, config).await.map(drop)
}

/// Returns when everything is started; the work goes on until `ctx` stops.
pub async fn start(ctx: Ctx, config: Config) -> anyhow::Result<Started> {
    let pool = db::connect(&config.db).await.context("order's schema")?;
    let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
    let wake = outbox::Relay::start(
        pool.clone(),
        broker.publisher(),
        ctx.clock.clone(),
        ctx.tracker(),
        ctx.stop(),
    );
    let peers = Peers {
        seckill: SeckillClient::new(rpc::peer(&config.seckill, &config.fleet)),
        inventory: InventoryClient::new(rpc::peer(&config.product, &config.fleet)),
    };
    let app = Arc::new(App::new(
        pool.clone(),
        ctx.clock.clone(),
        wake,
        peers,
        config.closing,
        config.retail,
    ));

    let probed = pool.clone();
    ctx.readiness().add("mysql", move || {
        let pool = probed.clone();
        async move { db::probe(&pool).await }
    });
    if ctx.has(Role::Events) {
        let probed = broker.clone();
        ctx.readiness().add("rabbitmq", move || {
            let broker = probed.clone();
            async move { broker.probe() }
        });
        events::start(&broker, &app, config.landing);
    }
    if ctx.has(Role::Jobs) {
        jobs::start(&ctx, &app);
    }
    let grpc = if ctx.has(Role::Grpc) {
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet)
            .add(OrderServer::new(grpc::Grpc::new(app.clone())))
            .add(RetailServer::new(grpc::Grpc::new(app.clone())))
            .add(CartServer::new(grpc::Grpc::new(app.clone())))
            .add(CouponsServer::new(grpc::Grpc::new(app.clone())))
            .reflection(proto::FILE_DESCRIPTOR_SET);
        Some(server.start(ctx.tracker(), ctx.stop()).await?)
    } else {
        None
    };
    Ok(Started {
        grpc,
        app,
        pool,
        broker,
    })
}
