//! What the command does, and says.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    checker::{Report, Search, explore},
    guards::Guard,
    protocol::Protocol,
    scopes::{SMALL, Scope},
};

/// Whether all of these scopes hold. Small ones run side by side, large ones have the memory for
/// themselves.
pub(crate) fn hold(scopes: &'static [Scope], search: Search) -> bool {
    let workers = if std::ptr::eq(scopes, SMALL) {
        cores()
    } else {
        1
    };
    let fine = side_by_side(workers, scopes, |scope| {
        let started = Instant::now();
        let report = explore(&Protocol::new(scope), search);
        let seconds = started.elapsed().as_secs_f64();
        let (states, depth) = (report.states, report.depth);
        let verdict = match (&report.violation, report.complete) {
            (Some(violation), _) => tell(violation.what, &violation.schedule),
            (None, true) => "holds".to_owned(),
            (None, false) => "NOT FINISHED: more states than --states-max".to_owned(),
        };
        let name = scope.name;
        println!("{name:<20} {states:>11} states  depth {depth:>3}  {seconds:>6.1} s  {verdict}");
        report.complete
    });
    fine.into_iter().all(|holds| holds)
}

/// Whether each guard is needed: without it, its scope does not hold.
pub(crate) fn break_without_each(search: Search) -> bool {
    println!("without                 steps  what is then wrong");
    let needed = side_by_side(cores(), Guard::ALL, |guard| {
        let name = guard.name();
        let violation = without(*guard, search).and_then(|report| report.violation);
        let Some(violation) = violation else {
            println!("{name:<22}      -  NOTHING: what is it for?");
            return false;
        };
        let steps = violation.schedule.len();
        println!("{name:<22} {steps:>6}  {}", violation.what);
        true
    });
    let (needed, all) = (
        needed.iter().filter(|needed| **needed).count(),
        Guard::ALL.len(),
    );
    println!("{needed} of {all} guards are needed; --without GUARD tells the schedule");
    needed == all
}

/// Tells what happens without a guard; false when nothing does.
pub(crate) fn show(guard: Guard, scope: &Scope, search: Search) -> bool {
    println!("without {} ({}), in {scope}", guard.name(), guard.meaning());
    let report = explore(&Protocol::new(scope).without(guard), search);
    match &report.violation {
        Some(violation) => println!("{}", tell(violation.what, &violation.schedule)),
        None => println!("{} states, and nothing is wrong", report.states),
    }
    report.violation.is_some()
}

fn without(guard: Guard, search: Search) -> Option<Report> {
    let scope = Scope::named(guard.scope())?;
    Some(explore(&Protocol::new(scope).without(guard), search))
}

fn tell(what: &str, schedule: &[String]) -> String {
    let steps = schedule.iter().enumerate();
    let lines = steps.map(|(index, step)| format!("\n  {:>3}. {step}", index + 1));
    format!("{}\n   => {what}", lines.collect::<String>())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work` on every item, several at once.
fn side_by_side<T: Sync, R: Send>(
    workers: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = work(item);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(answer);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Search = Search {
        states_max: 10_000_000,
        to_rest: false,
    };

    #[test]
    fn small_scopes_hold() {
        assert!(hold(SMALL, WIDE));
    }

    #[test]
    fn every_guard_is_needed() {
        assert!(break_without_each(WIDE));
    }

    #[test]
    fn the_fleet_alone_comes_to_rest() {
        let to_rest = Search {
            to_rest: true,
            ..WIDE
        };
        for name in [
            "calm",
            "wipe",
            "torn",
            "stall",
            "edit-end",
            "publish",
            "rebuilders",
        ] {
            let scope = Scope::named(name).unwrap();
            assert!(explore(&Protocol::new(scope), to_rest).complete, "{name}");
        }
    }

    /// A scope in which nothing can be bought would go unnoticed.
    #[test]
    fn orders_are_sold_in_every_scope() {
        use crate::{checker::Model, state::State};
        struct Sells<'a>(Protocol<'a>);
        impl Model for Sells<'_> {
            type State = State;
            fn initial(&self) -> State {
                self.0.initial()
            }
            fn steps(&self, state: &State, steps: &mut crate::checker::Steps<State>) {
                self.0.steps(state, steps);
            }
            fn judge(&self, _: &State, after: &State) -> Option<&'static str> {
                after.rows.iter().any(|row| row.is_live()).then_some("sold")
            }
            fn judge_at_rest(&self, _: &State) -> Option<&'static str> {
                None
            }
        }
        for scope in SMALL {
            let report = explore(&Sells(Protocol::new(scope)), WIDE);
            assert!(report.violation.is_some(), "{}", scope.name);
        }
    }
}
