//! The protocol of the sale as an executable model: `cargo xtask model`.
//!
//! Read `state.rs` (who knows what), `steps/` (what can happen, one file per step), `guards.rs`
//! (what each step relies on) and `invariants.rs` (what must hold); `scopes.rs` says how much world
//! a run has. The checker visits every interleaving.

mod checker;
mod guards;
mod invariants;
mod protocol;
mod scopes;
mod state;
mod steps;

use std::time::Instant;

fn main() {
    for scope in scopes::SMALL {
        let t = Instant::now();
        let report = checker::explore(&protocol::Protocol::new(scope), 20_000_000);
        println!("{:14} {:>9} states depth {:>3} {:.2} s complete {}", scope.name, report.states, report.depth, t.elapsed().as_secs_f64(), report.complete);
        if let Some(v) = report.violation {
            println!("  {}", v.what);
            for (i, s) in v.schedule.iter().enumerate() { println!("    {i} {s}"); }
        }
    }
    for guard in guards::Guard::ALL {
        let t = Instant::now();
        let Some(scope) = scopes::Scope::named(guard.scope()) else { println!("NO SCOPE {}", guard.name()); continue };
        let report = checker::explore(&protocol::Protocol::new(scope).without(*guard), 20_000_000);
        match report.violation {
            Some(v) => println!("{:22} {:>2} {:12} {:>8} {:.2}s {:>2} steps  {}", guard.name(), guard.step(), guard.scope(), report.states, t.elapsed().as_secs_f64(), v.schedule.len(), v.what),
            None => println!("{:22} {:>2} {:12} {:>8} {:.2}s NO VIOLATION ******", guard.name(), guard.step(), guard.scope(), report.states, t.elapsed().as_secs_f64()),
        }
    }
}
