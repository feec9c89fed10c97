//! The protocol of the sale as an executable model: `cargo xtask model`.
//!
//! Read `state.rs` (who knows what), `steps/` (what can happen, one file per step), `guards.rs`
//! (what each step relies on) and `invariants.rs` (what must hold); `scopes.rs` says how much world
//! a run has. The checker visits every interleaving, and answers a violation with a shortest
//! schedule that leads to it.

mod checker;
mod guards;
mod invariants;
mod protocol;
mod runs;
mod scopes;
mod state;
mod steps;

use std::process::ExitCode;

use guards::Guard;
use runs::Bound;
use scopes::{LARGE, SMALL, Scope};

const USAGE: &str = "\
cargo xtask model [options]

  (none)               the small scopes hold, and without any one guard they do not
  --scope NAME         only this scope (small, large: all of those), with all guards
  --without GUARD      the schedule by which the protocol breaks without it (--scope: in that one)
  --list               guards and scopes
  --states-max N       give up on a scope after so many states (default 60,000,000: about 4 GB)
";

#[derive(Default)]
struct Arguments {
    scope: Option<String>,
    without: Option<String>,
    list: bool,
    bound: Bound,
}

fn main() -> ExitCode {
    let done = parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprint!("{why}\n\n{USAGE}");
            ExitCode::from(64)
        }
    }
}

fn parse(mut given: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    while let Some(option) = given.next() {
        let mut value = || {
            given
                .next()
                .ok_or_else(|| format!("{option} needs a value"))
        };
        match option.as_str() {
            "--scope" => arguments.scope = Some(value()?),
            "--without" => arguments.without = Some(value()?),
            "--list" => arguments.list = true,
            "--states-max" => {
                let states = value()?.replace(['_', ','], "");
                arguments.bound = Bound(states.parse().map_err(|_| "not a number".to_owned())?);
            }
            _ => return Err(format!("what is {option}?")),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let bound = arguments.bound;
    let scope = arguments.scope.as_deref();
    if arguments.list {
        list();
        return Ok(true);
    }
    if let Some(name) = &arguments.without {
        let guard = Guard::named(name).ok_or_else(|| format!("there is no guard {name}"))?;
        let scope = named(scope.unwrap_or(guard.scope()))?;
        return Ok(runs::show(guard, scope, bound));
    }
    match scope {
        None => {
            let holds = runs::hold(SMALL, bound);
            println!();
            Ok(runs::break_without_each(bound) && holds)
        }
        Some("small") => Ok(runs::hold(SMALL, bound)),
        Some("large") => Ok(runs::hold(LARGE, bound)),
        Some(name) => Ok(runs::hold(std::slice::from_ref(named(name)?), bound)),
    }
}

fn named(name: &str) -> Result<&'static Scope, String> {
    Scope::named(name).ok_or_else(|| format!("there is no scope {name}"))
}

fn list() {
    println!("guards: step, name, scope that needs it, meaning");
    for guard in Guard::ALL {
        let (step, name, scope) = (guard.step(), guard.name(), guard.scope());
        println!("  {step:>2}  {name:<22} {scope:<14} {}", guard.meaning());
    }
    for (size, scopes) in [("small", SMALL), ("large", LARGE)] {
        println!("\n{size} scopes");
        for scope in scopes {
            println!("  {scope}");
        }
    }
}
