//! Stand-ins for other companies, each speaking the company's real protocol.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Subcommand;
use clock::SystemClock;
use simulators::{s3, wechat};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[derive(Subcommand)]
pub(crate) enum Company {
    /// WeChat Pay API v3, with a page on which to pay.
    Wechat {
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
        /// Keys are made here at the first start, with client.env for the merchant.
        #[arg(long)]
        dir: PathBuf,
        /// Where the merchant wants notifications: client.env says so.
        #[arg(long, default_value = wechat::NOTIFY_URL)]
        notify_url: String,
        /// Divides the protocol's waits: retries, refunds.
        #[arg(long, default_value_t = 60)]
        time_scale: u32,
    },
    /// An S3 server that keeps its objects in a folder.
    S3 {
        #[arg(long, default_value = "127.0.0.1:19000")]
        listen: SocketAddr,
        #[arg(long)]
        dir: PathBuf,
    },
}

pub(crate) fn run(company: Company) -> ExitCode {
    match serve(company) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(company: Company) -> Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stopping.cancel();
    });
    match company {
        Company::Wechat {
            listen,
            dir,
            notify_url,
            time_scale,
        } => {
            let clock = SystemClock::shared();
            wechat::Wechat::bind_for(&notify_url, listen, &dir, clock, time_scale)
                .await
                .with_context(|| listen.to_string())?
                .run(stop)
                .await?;
        }
        Company::S3 { listen, dir } => {
            let (access_key, secret_key) = (s3::ACCESS_KEY, s3::SECRET_KEY);
            s3::serve(listen, &dir, access_key, secret_key, stop)
                .await
                .with_context(|| listen.to_string())?;
        }
    }
    Ok(())
}
