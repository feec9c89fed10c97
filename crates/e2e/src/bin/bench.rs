//! `cargo xtask bench sale|overload`, in the release profile, on engines named in the environment.

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use e2e::bench::{Bare, Options, Overload, run};

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
    if let [command, bare, address] = arguments
        && command == "serve"
    {
        let bare = Bare::named(bare).context("bound or plain")?;
        bare.serve(address.parse().context("an address")?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = one_thread()?;
    if let Some(("overload", rest)) = arguments.split_first().map(|(what, rest)| (&**what, rest)) {
        return runtime.block_on(overload(rest));
    }
    runtime.block_on(measure(arguments))
}

/// One thread sends the load: it has less to do than the fleet, and leaves it the other.
fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

async fn overload(arguments: &[String]) -> Result<ExitCode> {
    let overload = Overload::parse(arguments)?;
    let figures = overload.run().await?;
    write(overload.json.as_deref(), &figures)?;
    Ok(ExitCode::SUCCESS)
}

fn write(file: Option<&Path>, figures: &serde_json::Value) -> Result<()> {
    if let Some(file) = file {
        fs::write(file, serde_json::to_vec_pretty(figures)?)?;
        println!("written to {}", file.display());
    }
    Ok(())
}

async fn measure(arguments: &[String]) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let json = options.json.clone();
    let report = run(options).await?;
    write(json.as_deref(), &report.to_json())?;
    let clean = report.violations() == 0;
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
