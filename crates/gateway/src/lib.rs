//! The gateway: the one way in. It knows callers, rates and dialects, and nothing of the shop.

mod config;

mod client;
mod connection;
mod pipeline;
mod route;
mod server;

mod body;
mod cache;
mod capability;
mod cx;
mod envelope;
mod handler;
mod headers;
mod in_flight;
mod lane;
mod limit;
mod quota;
mod refusal;
mod request_metrics;
mod security;
mod session;
mod site;
mod state;

mod compat;
mod http;

mod key;
mod multipart;
mod openapi;
mod peers;
mod purchase;
mod reserve;
mod sign_in;
mod upload;
mod views;

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context;
use proto::{
    compare::compare_client::CompareClient,
    order::{
        cart_client::CartClient, coupons_client::CouponsClient, order_client::OrderClient,
        retail_client::RetailClient,
    },
    payment::{
        ledger_client::LedgerClient, payment_admin_client::PaymentAdminClient,
        payment_client::PaymentClient, wallet_client::WalletClient,
    },
    product::{inventory_client::InventoryClient, product_client::ProductClient},
    seckill::seckill_client::SeckillClient,
    user::user_client::UserClient,
};
use service::Ctx;

pub use config::{Config, Http};
pub use server::{listen, serve};

use crate::{
    cache::PublicAnswers,
    capability::Capabilities,
    lane::Lanes,
    limit::Limits,
    peers::Peers,
    reserve::Reserver,
    session::RevokedSessions,
    state::{Gateway, Parts},
};

pub const NAME: &str = "gateway";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/gateway.toml");

/// Half of the two seconds that a revoked token may still work.
const REVOKED_EVERY: Duration = Duration::from_secs(1);
const FORGET_EVERY: Duration = Duration::from_secs(1);
/// How old a public answer may be.
const ANSWERS_LIFE: Duration = Duration::from_secs(1);

/// The OpenAPI document, as `/swagger/doc.json` serves it.
pub fn openapi() -> anyhow::Result<serde_json::Value> {
    openapi::document(&http::table()?)
}

/// Returns when everything is started; the work goes on until the context stops.
#[expect(clippy::unused_async, reason = "every service is started alike")]
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(&ctx, config).map(drop)
}

/// As [`run`]; answers where it listens.
pub fn start(ctx: &Ctx, config: Config) -> anyhow::Result<SocketAddr> {
    let address = config.http.listen;
    let listener = server::listen(address)
        .with_context(|| format!("port {address} (http.listen) cannot be listened on"))?;
    let address = listener.local_addr().context("the HTTP listener")?;
    let http = config.http.clone();
    let site = site::Site::load(&http.site)?;
    let gateway = parts(ctx, config)?;
    jobs(ctx, &gateway);
    let connect = pipeline::connect(gateway, http::table()?, site);
    let tracker = ctx.tracker().clone();
    ctx.spawn(server::serve(
        listener,
        connect,
        http,
        tracker,
        ctx.stop().clone(),
    ));
    Ok(address)
}

fn parts(ctx: &Ctx, config: Config) -> anyhow::Result<Gateway> {
    let peer = |peer| rpc::peer(peer, &config.fleet);
    let (user, product, order) = (
        peer(&config.user),
        peer(&config.product),
        peer(&config.order),
    );
    let (seckill, payment) = (peer(&config.seckill), peer(&config.payment));
    let compare = peer(&config.compare);
    let peers = Peers::new(vec![
        ("user", user.clone()),
        ("product", product.clone()),
        ("order", order.clone()),
        ("seckill", seckill.clone()),
        ("payment", payment.clone()),
        ("compare", compare.clone()),
    ]);
    let seckill = SeckillClient::new(seckill);
    let reserver = Reserver::start(config.reserve, seckill.clone(), ctx.tracker(), ctx.stop());
    Ok(Gateway(Arc::new(Parts {
        clock: ctx.clock.clone(),
        verifier: auth::Verifier::new(&config.auth).context("auth.keys")?,
        revoked: RevokedSessions::new(config.auth.access_life_max_s),
        limits: Limits::new(&config.limits),
        lanes: Lanes::new(config.lanes),
        answers: PublicAnswers::new(ANSWERS_LIFE),
        capabilities: Capabilities::new(&config.fleet.secret),
        reserver,
        user: UserClient::new(user),
        inventory: InventoryClient::new(product.clone()),
        product: ProductClient::new(product),
        retail: RetailClient::new(order.clone()),
        cart: CartClient::new(order.clone()),
        coupons: CouponsClient::new(order.clone()),
        order: OrderClient::new(order),
        seckill,
        payment_admin: PaymentAdminClient::new(payment.clone()),
        wallet: WalletClient::new(payment.clone()),
        ledger: LedgerClient::new(payment.clone()),
        payment: PaymentClient::new(payment),
        compare: CompareClient::new(compare),
        peers,
        ready: ctx.readiness().clone(),
        openapi: OnceLock::new(),
        config,
    })))
}

fn jobs(ctx: &Ctx, gateway: &Gateway) {
    let pulled = gateway.clone();
    ctx.readiness().add("revoked_sessions", move || {
        let gateway = pulled.clone();
        async move { gateway.revoked.probe(gateway.clock.now_ms()) }
    });
    let pulling = gateway.clone();
    ctx.every("pull_revoked_sessions", REVOKED_EVERY, move || {
        let gateway = pulling.clone();
        async move {
            gateway
                .revoked
                .pull(gateway.user(), gateway.clock.now_ms())
                .await
        }
    });
    let forgetting = gateway.clone();
    ctx.every("forget_idle_limits", FORGET_EVERY, move || {
        let gateway = forgetting.clone();
        async move {
            gateway.limits.forget_idle();
            Ok::<_, std::convert::Infallible>(())
        }
    });
}
