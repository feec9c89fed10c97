//! Step 11. Each second: a sale that is absent, at another epoch than order's, on another server
//! than it was installed on, suspect, paused without anybody's lease, or torn is rebuilt. A false
//! alarm costs one rebuild and is safe. Keys of an ended sale are removed.
//!
//! Code: seckill/src/app/detect.rs.

use crate::{
    checker::Steps,
    guards::Guard::{
        DetectAbandoned, DetectAbsent, DetectEpoch, DetectServer, DetectTorn, EndedKeysGo, Suspect,
    },
    protocol::{Protocol, spend},
    scopes::Event,
    state::{At, Redis, Snapshot, State, Worker},
    steps::intent::{free_place, workers},
};

pub(crate) fn detect(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    if state.is_ended() {
        let mut next = *state;
        let unsent = state.redis.unsent;
        next.redis = Redis {
            unsent,
            ..Redis::default()
        };
        if protocol.on(EndedKeysGo) {
            steps.fleet(next, || "detect keys of an ended sale: they go".to_owned());
        }
        return;
    }
    if state.sale.is_none() {
        return;
    }
    if let Some(next) = spend(state, Event::FalseAlarm).and_then(|next| begin_rebuild(&next)) {
        steps.world(next, || {
            "a rebuild that nothing asked for begins".to_owned()
        });
    }
    let rebuilding = workers(state).any(|(_, one)| one.intent.is_none() || one.at.is_leased());
    if !rebuilding
        && let Some(cause) = judge(protocol, state)
        && let Some(next) = begin_rebuild(state)
    {
        steps.fleet(next, || format!("detect: {cause}; a rebuild begins"));
    }
}

pub(crate) fn begin_rebuild(state: &State) -> Option<State> {
    let mut next = *state;
    next.workers[free_place(state)?] = Some(Worker {
        intent: None,
        at: At::Pause,
        epoch: 0,
        snapshot: Snapshot::default(),
    });
    Some(next)
}

fn judge(protocol: &Protocol<'_>, state: &State) -> Option<&'static str> {
    let Some(meta) = state.redis.meta else {
        return protocol.on(DetectAbsent).then_some("absent");
    };
    let suspect = state.sale.and_then(|sale| sale.suspect);
    let causes = [
        (DetectEpoch, meta.epoch != state.epoch(), "another epoch"),
        (DetectServer, !meta.same_server, "another server"),
        (Suspect, suspect == Some(state.epoch()), "suspect"),
        (DetectAbandoned, !meta.open, "abandoned"),
        (DetectTorn, state.redis.is_torn(), "torn"),
    ];
    let found = causes
        .iter()
        .find(|(guard, found, _)| *found && protocol.on(*guard));
    found.map(|(_, _, cause)| *cause)
}
