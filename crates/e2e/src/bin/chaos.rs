//! `cargo xtask chaos [--rounds N] [--seed S]`.

use std::{env, process::ExitCode};

use anyhow::{Context, Result, bail};
use clock::{Clock, SystemClock};
use e2e::chaos::{self, Campaign};

const ROUNDS: u64 = 10;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let played = tokio::select! {
        played = play(&arguments) => played,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("✘ {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(arguments: &[String]) -> Result<()> {
    let binary = env::current_exe()?.with_file_name("mall");
    let target = binary.ancestors().nth(2).context("no target folder")?;
    let mut campaign = Campaign {
        directory: target.join("chaos"),
        seed: SystemClock.now().timestamp().unsigned_abs(),
        rounds: ROUNDS,
        binary,
    };
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--seed" => campaign.seed = value.parse().context("--seed")?,
            [name, value] if name == "--rounds" => {
                campaign.rounds = value.parse().context("--rounds")?;
            }
            _ => bail!("usage: cargo xtask chaos [--rounds N] [--seed S]"),
        }
    }
    chaos::run(&campaign).await
}
