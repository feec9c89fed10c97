//! Stand-ins for other companies, each speaking the company's real protocol.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Subcommand;
use clock::SystemClock;

#[derive(Subcommand)]
pub(crate) enum Company {
    /// WeChat Pay API v3, with a page on which to pay.
    Wechat {
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
        /// Keys are made here at the first start, with client.env for the merchant.
        #[arg(long)]
        dir: PathBuf,
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

fn serve(company: Company) -> Result<()> {
    let _ = (company, SystemClock::shared());
    Ok(())
}
