//! The protocol of the sale as an executable model: `cargo xtask model`.
//!
//! Read `state.rs` (what each process knows), `steps/` (what can happen, one file per step), `guards.rs`
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

use checker::Search;
use guards::Guard;
use scopes::{LARGE, SMALL, Scope};

const USAGE: &str = "\
cargo xtask model [options]

  (none)               the small scopes hold, and without any one guard they do not
  --scope NAME         only this scope (small, large: all of those), with all guards
  --without GUARD      the schedule by which the protocol breaks without it (--scope: in that one)
  --list               guards and scopes
  --to-rest            also show that the fleet alone always comes to rest: twice the time
  --states-max N       give up on a scope after so many states (default 60,000,000: about 4 GB)
";

struct Arguments {
    scope: Option<String>,
    without: Option<String>,
    list: bool,
    search: Search,
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
    let mut arguments = Arguments {
        scope: None,
        without: None,
        list: false,
        search: Search {
            states_max: 60_000_000,
            to_rest: false,
        },
    };
    while let Some(option) = given.next() {
        let mut value = || {
            given
                .next()
                .ok_or_else(|| format!("{option} needs a value"))
        };
        match option.as_str() {
            "--scope" => arguments.scope = Some(value()?),
            "--without" => arguments.without = Some(value()?),
            "--to-rest" => arguments.search.to_rest = true,
            "--list" => arguments.list = true,
            "--states-max" => {
                let states = value()?.replace(['_', ','], "");
                let states = states.parse().map_err(|_| "not a number".to_owned())?;
                arguments.search.states_max = states;
            }
            _ => return Err(format!("what is {option}?")),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let search = arguments.search;
    let scope = arguments.scope.as_deref();
    if arguments.list {
        list();
        return Ok(true);
    }
    if let Some(name) = &arguments.without {
        let guard = Guard::named(name).ok_or_else(|| format!("there is no guard {name}"))?;
        let scope = named(scope.unwrap_or(guard.scope()))?;
        return Ok(runs::show(guard, scope, search));
    }
    match scope {
        None => {
            let holds = runs::hold(SMALL, search);
            println!();
            Ok(runs::break_without_each(search) && holds)
        }
        Some("small") => Ok(runs::hold(SMALL, search)),
        Some("large") => Ok(runs::hold(LARGE, search)),
        Some(name) => Ok(runs::hold(std::slice::from_ref(named(name)?), search)),
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
