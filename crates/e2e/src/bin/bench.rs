//! `cargo xtask bench sale`, in the release profile, on engines named in the environment.

use std::{env, fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use e2e::bench::{Options, run, serve_bound};

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

#[tokio::main]
async fn play(arguments: &[String]) -> Result<ExitCode> {
    if let [command, address] = arguments
        && command == "bound-server"
    {
        serve_bound(address.parse().context("an address")?).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let (options, json) = options(arguments)?;
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

fn options(arguments: &[String]) -> Result<(Options, Option<PathBuf>)> {
    let beside = env::current_exe()?.with_file_name("mall");
    let mut options = Options {
        binary: beside,
        duration: Duration::from_secs(10),
        connections: 128,
    };
    let mut json = None;
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--json" => json = Some(PathBuf::from(value)),
            [name, value] if name == "--duration" => {
                options.duration = Duration::from_secs(value.parse().context("--duration")?);
            }
            [name, value] if name == "--connections" => {
                options.connections = value.parse().context("--connections")?;
            }
            _ => bail!("unknown: {}", pair.join(" ")),
        }
    }
    Ok((options, json))
}
