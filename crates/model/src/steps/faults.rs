//! What may go wrong at any moment. (Faults of one message stand beside the step that handles it.)

use crate::{
    checker::Steps,
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Redis, Set, State, Table},
    steps::intent::workers,
};

/// Redis is wiped, goes back to what it was, or loses a key.
pub(crate) fn redis(_protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    if state.redis == Redis::default() {
        return;
    }
    if let Some(mut next) = spend(state, Event::Wipe) {
        next.redis = Redis::default();
        steps.world(next, || "Redis is wiped".to_owned());
    }
    go_back(state, steps);
    if let Some(mut next) = spend(state, Event::UnsentLost) {
        next.redis.unsent = Set::default();
        steps.world(next, || "Redis loses the key unsent".to_owned());
    }
    if let Some(mut next) = spend(state, Event::KeyLost) {
        let left = [
            (
                "meta",
                Redis {
                    meta: None,
                    ..state.redis
                },
            ),
            (
                "returned",
                Redis {
                    returned: Set::default(),
                    ..state.redis
                },
            ),
            (
                "buyers",
                Redis {
                    buyers: Table::default(),
                    ..state.redis
                },
            ),
        ];
        for (key, redis) in left {
            next.redis = redis;
            steps.world(next, || format!("Redis loses the key {key}"));
        }
    }
}

fn go_back(state: &State, steps: &mut Steps<State>) {
    let Some(copy) = state.copy else {
        let mut next = *state;
        next.copy = Some(state.redis);
        steps.world(next, || "(a copy of Redis is kept)".to_owned());
        return;
    };
    let mut back = *state;
    back.redis = copy;
    if let Some(meta) = copy.meta {
        back.went_back.insert(meta.epoch);
    }
    if let Some(next) = spend(&back, Event::Regress) {
        steps.world(next, || "Redis goes back to the copy, unnoticed".to_owned());
    }
    if let Some(mut next) = spend(&back, Event::Rollback) {
        if let Some(meta) = next.redis.meta.as_mut() {
            meta.same_server = false;
        }
        steps.world(next, || "Redis restarts with the copy".to_owned());
    }
}

/// A process dies in the middle of a rebuild or an intent.
pub(crate) fn processes(_protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for (place, worker) in workers(state) {
        if let Some(mut next) = spend(state, Event::Crash) {
            next.workers[place] = None;
            steps.world(next, || format!("the process dies: {}", worker.purpose()));
        }
    }
}
