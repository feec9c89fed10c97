//! Breadth-first search over every interleaving. A violation comes with a shortest schedule.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hash, Hasher},
};

/// What can happen, and what must never.
pub(crate) trait Model {
    type State: Copy + PartialEq + Hash;

    fn initial(&self) -> Self::State;
    /// Everything that can happen next.
    fn steps(&self, state: &Self::State, steps: &mut Steps<Self::State>);
    /// The one of several states without a difference that stands for all of them.
    fn canonical(&self, state: Self::State) -> Self::State {
        state
    }
    /// What is wrong with a step, or with where it leads.
    fn judge(&self, before: &Self::State, after: &Self::State) -> Option<&'static str>;
    /// What is wrong with a state in which nothing happens any more by itself.
    fn judge_at_rest(&self, state: &Self::State) -> Option<&'static str>;
}

/// The acting process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The fleet, by itself: whatever it can do, it does at some time.
    Fleet,
    /// Buyers, administrators and faults: they may act, or never.
    World,
}

/// Collects the steps that lead out of a state.
pub(crate) struct Steps<S> {
    next: Vec<(S, Actor)>,
    /// One per step; only when a schedule is told.
    labels: Option<Vec<String>>,
}

impl<S> Steps<S> {
    fn new(labelled: bool) -> Self {
        let labels = labelled.then(Vec::new);
        Self {
            next: Vec::new(),
            labels,
        }
    }

    pub(crate) fn fleet(&mut self, next: S, label: impl FnOnce() -> String) {
        self.push(next, Actor::Fleet, label);
    }

    pub(crate) fn world(&mut self, next: S, label: impl FnOnce() -> String) {
        self.push(next, Actor::World, label);
    }

    fn push(&mut self, next: S, actor: Actor, label: impl FnOnce() -> String) {
        self.next.push((next, actor));
        if let Some(labels) = &mut self.labels {
            labels.push(label());
        }
    }
}

pub(crate) struct Violation {
    pub(crate) what: &'static str,
    pub(crate) schedule: Vec<String>,
}

pub(crate) struct Report {
    pub(crate) states: usize,
    pub(crate) depth: usize,
    /// Every reachable state was seen.
    pub(crate) complete: bool,
    pub(crate) violation: Option<Violation>,
}

/// How far to look.
#[derive(Clone, Copy)]
pub(crate) struct Search {
    /// Gives up after so many; each costs some 30 bytes in the end, and a few hundred while it is
    /// new.
    pub(crate) states_max: usize,
    /// Also shows that the fleet alone comes to rest from everywhere, whatever it does first:
    /// twice the work.
    pub(crate) to_rest: bool,
}

/// Explores until everything was seen, something is wrong, or the bound is met.
pub(crate) fn explore<M: Model>(model: &M, search: Search) -> Report {
    let initial = model.initial();
    let mut seen = Seen::default();
    seen.insert(print_of(&initial), 0);
    let mut report = Report {
        states: 1,
        depth: 0,
        complete: false,
        violation: None,
    };
    let mut layer = vec![initial];
    let mut steps = Steps::new(false);
    let mut restful = Restful::default();
    while !layer.is_empty() && report.violation.is_none() {
        if seen.len() > search.states_max {
            return report;
        }
        let mut next_layer = Vec::new();
        for state in &layer {
            let print = print_of(state);
            if let Some((what, end)) = expand(model, state, &mut steps) {
                let schedule = tell(model, &seen, print, end);
                report.violation = Some(Violation { what, schedule });
                break;
            }
            if search.to_rest && !restful.comes_to_rest(model, state) {
                let schedule = tell(model, &seen, print, None);
                report.violation = Some(Violation {
                    what: CIRCLE,
                    schedule,
                });
                break;
            }
            for (next, _) in &steps.next {
                seen.entry(print_of(next)).or_insert_with(|| {
                    next_layer.push(*next);
                    print
                });
            }
        }
        report.states = seen.len();
        report.depth += 1;
        layer = next_layer;
    }
    report.complete = report.violation.is_none();
    report
}

/// Takes all steps out of a state; answers what is wrong there, and with the step that leads to it.
fn expand<M: Model>(
    model: &M,
    state: &M::State,
    steps: &mut Steps<M::State>,
) -> Option<(&'static str, Option<usize>)> {
    steps.next.clear();
    model.steps(state, steps);
    steps.next.retain_mut(|(next, _)| {
        *next = model.canonical(*next);
        next != state
    });
    if steps.next.iter().all(|(_, actor)| *actor == Actor::World)
        && let Some(what) = model.judge_at_rest(state)
    {
        return Some((what, None));
    }
    let mut judged = steps.next.iter().enumerate();
    judged.find_map(|(index, (next, _))| Some((model.judge(state, next)?, Some(index))))
}

const CIRCLE: &str = "from here, the fleet alone can go round in circles";

/// States from which the fleet alone comes to rest, whatever it does first.
#[derive(Default)]
struct Restful {
    known: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// From the state that is asked about to the one that is looked at.
    path: Vec<u64>,
}

impl Restful {
    fn comes_to_rest<M: Model>(&mut self, model: &M, state: &M::State) -> bool {
        let print = print_of(state);
        if self.known.contains(&print) {
            return true;
        }
        if self.path.contains(&print) {
            return false;
        }
        self.path.push(print);
        let mut steps = Steps::new(false);
        model.steps(state, &mut steps);
        let fleet = steps
            .next
            .into_iter()
            .filter(|(_, actor)| *actor == Actor::Fleet);
        let comes = fleet
            .map(|(next, _)| model.canonical(next))
            .filter(|next| next != state)
            .all(|next| self.comes_to_rest(model, &next));
        self.path.pop();
        if comes {
            self.known.insert(print);
        }
        comes
    }
}

/// The steps from the beginning to the state with this print, and one more.
fn tell<M: Model>(model: &M, seen: &Seen, print: u64, last: Option<usize>) -> Vec<String> {
    let mut path = vec![print];
    let mut at = print;
    while let Some(&before) = seen.get(&at).filter(|before| **before != 0) {
        path.push(before);
        at = before;
    }
    let mut schedule = Vec::with_capacity(path.len());
    let mut state = model.initial();
    let labelled = |state: &M::State| {
        let mut steps = Steps::new(true);
        model.steps(state, &mut steps);
        let labels = steps.labels.take().unwrap_or_default();
        let told = steps.next.into_iter().zip(labels);
        told.map(|((next, _), label)| (model.canonical(next), label))
            .filter(|(next, _)| next != state)
            .collect::<Vec<_>>()
    };
    for print in path.into_iter().rev().skip(1) {
        let step = labelled(&state)
            .into_iter()
            .find(|(next, _)| print_of(next) == print);
        let Some((next, label)) = step else { break };
        schedule.push(label);
        state = next;
    }
    if let Some(index) = last
        && let Some((_, label)) = labelled(&state).into_iter().nth(index)
    {
        schedule.push(label);
    }
    schedule
}

/// The print of a state, and that of the state from which it was first reached; 0 at the beginning.
type Seen = HashMap<u64, u64, BuildHasherDefault<AsItIs>>;

/// 64 bits stand for a state: two of 20 million share one with a probability of 1 in 100,000.
fn print_of(state: &impl Hash) -> u64 {
    let mut mixer = Mixer(0x9E37_79B9_7F4A_7C15);
    state.hash(&mut mixer);
    mixer.finish().max(1)
}

struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0xD6E8_FEB8_6659_FD93;
        self.0 = ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(0xA076_1D64_78BD_642F);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value) + 1);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    fn finish(&self) -> u64 {
        let half = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        half ^ (half >> 29)
    }
}

/// Prints are mixed already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _bytes: &[u8]) {}

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counters that the world turns and the fleet turns back.
    struct Counters {
        wrong: [u8; 2],
        /// The fleet turns one of them up again.
        circles: bool,
    }

    const ALL: Search = Search {
        states_max: 1_000,
        to_rest: true,
    };

    fn fine() -> Counters {
        Counters {
            wrong: [7, 7],
            circles: false,
        }
    }

    impl Model for Counters {
        type State = [u8; 2];

        fn initial(&self) -> [u8; 2] {
            [0, 0]
        }

        fn steps(&self, state: &[u8; 2], steps: &mut Steps<[u8; 2]>) {
            for which in 0..2 {
                if state[which] < 3 {
                    let mut next = *state;
                    next[which] += 1;
                    steps.world(next, || format!("{which} up"));
                }
                if state[which] > 1 {
                    let mut next = *state;
                    next[which] -= 1;
                    steps.fleet(next, || format!("{which} down"));
                }
            }
            if self.circles && *state == [0, 1] {
                steps.fleet([0, 2], || "up by itself".to_owned());
            }
        }

        fn judge(&self, _before: &[u8; 2], after: &[u8; 2]) -> Option<&'static str> {
            (*after == self.wrong).then_some("wrong")
        }

        fn judge_at_rest(&self, state: &[u8; 2]) -> Option<&'static str> {
            (*state == [1, 1] && self.wrong == [9, 9]).then_some("rests")
        }
    }

    #[test]
    fn every_state_is_seen_once() {
        let report = explore(&fine(), ALL);
        assert!(report.complete);
        assert_eq!(report.states, 16);
    }

    #[test]
    fn the_schedule_is_a_shortest_one() {
        let report = explore(
            &Counters {
                wrong: [0, 2],
                ..fine()
            },
            ALL,
        );
        let violation = report.violation.unwrap();
        assert_eq!(violation.schedule, ["1 up", "1 up"]);
        let report = explore(
            &Counters {
                wrong: [9, 9],
                ..fine()
            },
            ALL,
        );
        let violation = report.violation.unwrap();
        assert_eq!(violation.what, "rests");
        assert_eq!(violation.schedule.len(), 2);
    }

    #[test]
    fn a_circle_is_found() {
        let circles = Counters {
            circles: true,
            ..fine()
        };
        assert_eq!(explore(&circles, ALL).violation.unwrap().what, CIRCLE);
        let hasty = Search {
            to_rest: false,
            ..ALL
        };
        assert!(explore(&circles, hasty).complete);
    }

    #[test]
    fn a_bound_is_not_a_proof() {
        let report = explore(
            &fine(),
            Search {
                states_max: 3,
                ..ALL
            },
        );
        assert!(!report.complete);
    }
}
