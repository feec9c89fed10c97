//! All automation: `cargo xtask up`, `smoke`, `test`, `down`, and what CI runs.

mod bench;
mod chaos;
mod check;
mod corpus;
mod engines;
mod fleet;
mod frontend;
mod fuzz;
mod k6;
mod model;
mod packages;
mod paths;
mod ports;
mod process;
mod python;
mod secrets;
mod seed;
mod smoke;
mod sockets;
mod sqlx;
mod step;
mod test;
mod tidy;
mod up;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  up              bring up all of it on this machine: engines, seven services, simulators, demo data
  smoke           play a whole flash sale over HTTP against what `up` started; audit it
  frontend        lint, units, size budget and browser stories of the front end, against what `up` started
  down            stop what `up` started (--wipe: and forget its data)
  test [FILTER…]  run every test on real engines, which are brought up first
  bench sale      measure a sale in the release profile (--duration S, --connections N, --json FILE)
  k6 [SCENARIO]   load what `up` started with k6, then audit it: storm, burst, duplicates,
                  steady; none: all four
  fuzz            mutated input for every parser of foreign bytes (--executions N of each, --seed N,
                  --target NAME)
  model           the sale's protocol in every interleaving, and what each of its guards is for
  chaos           faults strike a running sale until something breaks (--rounds N, --seed S)
  corpus [FOLDER] compare every workbook of a folder, or of other projects' test data, with itself,
                  with a planted edit and with copies (--seconds N, --json FILE)
  ci              formatting, lints, tidy and generated files: everything that needs no engine
  tidy            the house rules that no compiler checks
  sqlx [CRATE…]   prepare .sqlx from the migrations (--check: only compare)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "up" => up::up(),
        "down" => up::down(&rest),
        "bench" => bench::bench(&rest),
        "k6" => k6::k6(&rest),
        "model" => model::model(&rest),
        "fuzz" => fuzz::fuzz(&rest),
        "chaos" => chaos::chaos(&rest),
        "frontend" => frontend::test(&rest),
        "smoke" => smoke::smoke(&rest),
        "test" => test::test(&rest),
        "corpus" => corpus::corpus(&rest),
        "ci" => check::ci(),
        "tidy" => tidy::tidy(),
        "sqlx" => sqlx::sqlx(&rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(64);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
