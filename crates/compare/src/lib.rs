//! The compare service: jobs that compare two spreadsheets. It has no jobs yet; it answers health
//! calls and is ready when its bucket is.

mod config;
pub mod engine;

use std::net::SocketAddr;

use anyhow::Context;
use blob::Blob;
use service::{Ctx, Role};
use tracing::warn;

pub use config::Config;

pub const NAME: &str = "compare";
pub const DEFAULTS: &str = include_str!("../../../deploy/config/compare.toml");

/// A service that is up.
#[derive(Debug)]
pub struct Started {
    /// Where it listens; `None` without the role.
    pub grpc: Option<SocketAddr>,
}

/// Returns when everything is started; the work goes on until the context stops.
pub async fn run(ctx: Ctx, config: Config) -> anyhow::Result<()> {
    start(ctx, config).await.map(drop)
}

/// As [`run`], for callers that want to know where it listens.
pub async fn start(ctx: Ctx, config: Config) -> anyhow::Result<Started> {
    let blob = Blob::new(&config.blob);
    if let Err(error) = blob.ensure_bucket().await {
        // The readiness check tries again.
        warn!(
            error = &error as &dyn std::error::Error,
            "the bucket cannot be made yet"
        );
    }
    ctx.readiness().add("s3", move || {
        let blob = blob.clone();
        async move {
            match blob.probe().await {
                Ok(()) => Ok(()),
                Err(_) => blob
                    .ensure_bucket()
                    .await
                    .map_err(|error| error.to_string()),
            }
        }
    });

    let grpc = if ctx.has(Role::Grpc) {
        let server = rpc::Server::new(NAME, &config.grpc, &config.fleet);
        let address = server
            .start(ctx.tracker(), ctx.stop())
            .await
            .context("the gRPC server")?;
        Some(address)
    } else {
        None
    };
    Ok(Started { grpc })
}
