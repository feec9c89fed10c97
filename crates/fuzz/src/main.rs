//! Parsers of foreign bytes under mutated input, on stable Rust: `cargo xtask fuzz`.
//!
//! Each target keeps seeds that its parser accepts and a rule that has to hold for whatever the mutations
//! make of them. No coverage guides the mutations; inputs that a parser takes join the seeds.

mod mutate;
mod targets;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use mutate::Mutator;
use targets::{Target, Verdict};

/// Accepted inputs that are kept as seeds of a target.
const SEEDS_MAX: usize = 4_096;
const INPUT_BYTES_MAX: usize = 8_192;

struct Arguments {
    /// Of each target.
    executions: u64,
    seed: u64,
    only: Option<String>,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fuzz: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments> {
    let mut arguments = Arguments {
        executions: 100_000,
        seed: 1,
        only: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .with_context(|| format!("{word} needs a value"))
        };
        match word.as_str() {
            "--executions" => arguments.executions = value()?.parse()?,
            "--seed" => arguments.seed = value()?.parse()?,
            "--target" => arguments.only = Some(value()?),
            _ => bail!("usage: [--executions N] [--seed N] [--target NAME]"),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<()> {
    let mut targets = targets::all()?;
    if let Some(only) = &arguments.only {
        targets.retain(|target| target.name == only);
    }
    if targets.is_empty() {
        bail!("no such target");
    }
    let mut sum = 0;
    for target in targets {
        sum += campaign(target, arguments)?;
    }
    println!("{sum} executions in sum, no panic, every rule held");
    Ok(())
}

/// Runs one target; answers how often.
fn campaign(mut target: Target, arguments: &Arguments) -> Result<u64> {
    let start = Instant::now();
    let mut mutator = Mutator::new(arguments.seed);
    let (mut accepted, mut seeds) = (0_u64, target.seeds.len());
    for _ in 0..arguments.executions {
        let input = mutator.next(&target.seeds, INPUT_BYTES_MAX);
        let verdict = catch_unwind(AssertUnwindSafe(|| (target.check)(&input)));
        match verdict {
            Ok(Verdict::Refused) => {}
            Ok(Verdict::Accepted) => {
                accepted += 1;
                if target.seeds.len() < SEEDS_MAX {
                    target.seeds.push(input);
                    seeds += 1;
                }
            }
            Ok(Verdict::Broken(rule)) => {
                bail!(
                    "{}: {rule}: {:?}",
                    target.name,
                    String::from_utf8_lossy(&input)
                );
            }
            Err(_) => bail!(
                "{}: panicked at {:?}",
                target.name,
                String::from_utf8_lossy(&input)
            ),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{}: {} executions in {seconds:.1} s, {accepted} accepted, {seeds} seeds",
        target.name, arguments.executions
    );
    Ok(arguments.executions)
}
