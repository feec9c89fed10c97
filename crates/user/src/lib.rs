//! The user service: accounts, credentials and sessions.

mod config;
mod error;

mod grpc;

pub mod app;
pub mod domain;

mod passwords;
mod store;

mod jobs;
mod metrics;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use clock::SharedClock;
use proto::user::user_server::UserServer;
use service::{Ctx, Role};

pub use app::App;
pub use config::{Config, Logins, Passwords, Users};
pub use error::Error;

pub const NAME: &str = "user";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/user.toml");

pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/user");

/// A service that is up.
#[derive(Debug)]
pub struct Started {
    pub app: Arc<App>,
    /// Where it listens; `None` without the role.
    pub grpc: Option<SocketAddr>,
}

/// Makes an account an administrator, or a buyer again, by its id: what a command does beside any server.
pub async fn set_role(config: &Config, id: ids::UserId, role: auth::Role) -> anyhow::Result<()> {
    let pool = db::connect(&config.db)
        .await
        .context("the accounts' database")?;
    app(config, pool, clock::SystemClock::shared())
        .await?
        .set_role(id, role)
        .await?;
    Ok(())
}

/// Returns when everything is started; the work goes on until the context stops.
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(ctx, config).await.map(drop)
}

/// As [`run`], for callers that want to know where it listens.
pub async fn start(ctx: Ctx, config: Config) -> anyhow::Result<Started> {
    let pool = db::connect(&config.db)
        .await
        .context("the accounts' database")?;
    let mysql = pool.clone();
    ctx.readiness().add("mysql", move || {
        let mysql = mysql.clone();
        async move { db::probe(&mysql).await }
    });

    let app = Arc::new(app(&config, pool, ctx.clock.clone()).await?);
    app.canonicalise_names().await.context("names of before")?;

    if ctx.has(Role::Jobs) {
        jobs::start(&ctx, &app);
    }
    let grpc = if ctx.has(Role::Grpc) {
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet)
            .reflection(proto::FILE_DESCRIPTOR_SET)
            .add(UserServer::new(grpc::Grpc { app: app.clone() }));
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

async fn app(config: &Config, pool: db::Pool, clock: SharedClock) -> anyhow::Result<App> {
    let reserved = config.users.reserved.iter();
    Ok(App {
        store: store::Store::new(pool),
        passwords: passwords::Passwords::start(&config.passwords).await?,
        issuer: auth::Issuer::new(&config.auth)?,
        verifier: auth::Verifier::new(&config.auth)?,
        lives: config.tokens,
        logins: config.logins,
        reserved: reserved.map(|name| domain::canonical(name)).collect(),
        access_life_max_ms: i64::try_from(config.auth.access_life_max_s.saturating_mul(1_000))?,
        clock,
    })
}
