//! `cargo xtask bench sale`, in the release profile, on engines named in the environment.

use std::{env, fs, process::ExitCode};

use anyhow::{Context, Result};
use e2e::bench::{Options, run, serve_bound};

/// The bound is served with what `mall` is served with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match play(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &[String]) -> Result<ExitCode> {
    if let [command, address] = arguments
        && command == "bound-server"
    {
        serve_bound(address.parse().context("an address")?)?;
        return Ok(ExitCode::SUCCESS);
    }
    // One thread sends the load: it has less to do than the fleet, and leaves it the other.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(arguments))
}

async fn measure(arguments: &[String]) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let json = options.json.clone();
    let report = run(options).await?;
    if let Some(file) = json {
        fs::write(&file, serde_json::to_vec_pretty(&report.to_json())?)?;
        println!("written to {}", file.display());
    }
    let clean = report.violations() == 0;
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
