//! WeChat Pay API v3, Native, as a merchant sees it: it believes only what is signed, signs what it
//! says, and reports payments until they are acknowledged. No money moves. `/sim/` is the other
//! side of the counter: the payer, the faults, and the journal of everything that happened.
//!
//! Everything is in memory: an order lives as long as the process.

mod api;
mod bounded;
mod desk;
mod faults;
mod judge;
mod keys;
mod notify;
mod orders;
mod refunds;
mod world;

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use clock::SharedClock;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

pub use keys::{Client, NOTIFY_URL};
use world::World;

const CONNECTIONS_WAITING_MAX: u32 = 1_024;
const DRAIN_MAX: Duration = Duration::from_secs(5);

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
        Self::bind_for(NOTIFY_URL, listen, dir, clock, time_scale).await
    }

    /// For a merchant who wants notifications at `notify_url`: `client.env` says so.
    #[expect(
        clippy::unused_async,
        reason = "a listener needs the runtime around it"
    )]
    pub async fn bind_for(
        notify_url: &str,
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
        let socket = if listen.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        socket.set_reuseaddr(true)?;
        socket.bind(listen)?;
        let address = socket.local_addr()?;
        // Before it listens: whoever can connect finds the file.
        keys.client.write_env(dir, address, notify_url)?;
        let listener = socket.listen(CONNECTIONS_WAITING_MAX)?;
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

    /// Serves until `stop`, and then what is under way, for a while.
    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        tracing::info!(address = %self.address, "the WeChat Pay simulator listens");
        let ending = self.world.stop.clone();
        let _ended = ending.clone().drop_guard();
        let drained = async {
            stop.cancelled().await;
            ending.cancel();
            tokio::time::sleep(DRAIN_MAX).await;
        };
        let serving = axum::serve(self.listener, router(self.world))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::select! {
            ended = serving.into_future() => ended,
            () = drained => {
                tracing::warn!("somebody was still connected");
                Ok(())
            }
        }
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
