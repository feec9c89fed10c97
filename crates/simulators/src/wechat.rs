//! WeChat Pay API v3, Native, as a merchant sees it: it believes only what is signed, signs what it
//! says, and reports payments until they are acknowledged. No money moves. `/sim/` is the other
//! side of the counter: the payer, the faults, and the journal of everything that happened.
//!
//! Everything is in memory: an order lives as long as the process.

mod api;
mod desk;
mod faults;
mod judge;
mod keys;
mod notify;
mod orders;
mod refunds;
mod world;

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};
use clock::SharedClock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use keys::{Client, NOTIFY_URL};
use world::World;

/// A server that listens and does not answer yet.
pub struct Wechat {
    listener: TcpListener,
    address: SocketAddr,
    world: Arc<World>,
}

impl Wechat {
    /// Port 0 takes a free one. Keys are made in `dir` at the first start, and `client.env` says
    /// what the merchant has to know. The protocol's waits are divided by `time_scale`.
    pub async fn bind(
        listen: SocketAddr,
        dir: &Path,
        clock: SharedClock,
        time_scale: u32,
    ) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(io::Error::other(
                "it takes money from nobody: loopback only",
            ));
        }
        let keys = keys::Keys::load_or_make(dir)?;
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        keys.client.write_env(dir, address)?;
        let world = Arc::new(World::new(keys, clock, time_scale.max(1))?);
        Ok(Self {
            listener,
            address,
            world,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the merchant has to know.
    pub fn client(&self) -> &Client {
        &self.world.keys.client
    }

    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        tracing::info!(address = %self.address, "the WeChat Pay simulator listens");
        let _ends = self.world.stop.clone().drop_guard();
        let router = router(self.world);
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
    }
}

fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/sim/", get(desk::page))
        .route("/sim/pay", get(desk::pay_page))
        .route("/sim/pay/{pr}", post(desk::pay))
        .route("/sim/orders/{out_trade_no}", get(desk::order))
        .route("/sim/orders/{out_trade_no}/pay", post(desk::pay_order))
        .route("/sim/faults", post(desk::add_fault))
        .route("/sim/journal", get(desk::journal))
        .fallback(api::answer)
        .with_state(world)
}
