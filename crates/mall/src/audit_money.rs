//! Recomputes the books of the payment service and prints what differs.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use service::config::load;

/// 0: the books are right; 1: they are not; 2: they could not be read.
pub(crate) fn run(directory: Option<&Path>) -> ExitCode {
    match audit(directory) {
        Ok(report) => {
            println!("{report}");
            if report.differences == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("mall: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn audit(directory: Option<&Path>) -> Result<payment::Report> {
    let config: payment::Config = load(payment::NAME, payment::DEFAULTS, directory)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(payment::audit(&config.db))
}
