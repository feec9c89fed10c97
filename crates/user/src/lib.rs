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
use proto::user::user_server::UserServer;
use service::{Ctx, Profile, Role};

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

    let app = Arc::new(App {
        store: store::Store::new(pool),
        passwords: passwords::Passwords::start(&config.passwords).await?,
        issuer: auth::Issuer::new(&config.auth)?,
        verifier: auth::Verifier::new(&config.auth)?,
        lives: config.tokens,
        logins: config.logins,
        admins: app::Admins {
            usernames: config.users.admins,
            by_registration: config.service.profile == Profile::Demo,
        },
        clock: ctx.clock.clone(),
    });
    app.promote_admins().await.context("the administrators")?;

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
