//! Breadth-first search over every interleaving. A violation comes with a shortest schedule.

use std::{
    collections::HashMap,
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

/// Who acts.
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

/// Explores until everything was seen, something is wrong, or more than `states_max` were met.
pub(crate) fn explore<M: Model>(model: &M, states_max: usize) -> Report {
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
    while !layer.is_empty() && report.violation.is_none() {
        if seen.len() > states_max {
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
        let report = explore(&Counters { wrong: [7, 7] }, 1_000);
        assert!(report.complete);
        assert_eq!(report.states, 16);
    }

    #[test]
    fn the_schedule_is_a_shortest_one() {
        let report = explore(&Counters { wrong: [0, 2] }, 1_000);
        let violation = report.violation.unwrap();
        assert_eq!(violation.schedule, ["1 up", "1 up"]);
        let report = explore(&Counters { wrong: [9, 9] }, 1_000);
        let violation = report.violation.unwrap();
        assert_eq!(violation.what, "rests");
        assert_eq!(violation.schedule.len(), 2);
    }

    #[test]
    fn a_bound_is_not_a_proof() {
        let report = explore(&Counters { wrong: [7, 7] }, 3);
        assert!(!report.complete);
    }
}
