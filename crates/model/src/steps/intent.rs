//! Step 1. Publication, edits and the end are recorded in seckill's activities row, with a version
//! of their own, before anything moves; one at a time; and a replica that finds one without a worker
//! finishes it. Every part of it may have been done before.
//!
//! Code: seckill/src/app/finish_intent.rs, store/intents.rs; order/src/app/sale.rs.

use crate::{
    checker::Steps,
    guards::Guard::{AdoptIntent, OneIntent, OpenIgnoresRepeat, RaiseFirst},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{At, Intent, Kind, Sale, Snapshot, State, VERSIONS, Worker},
    steps::stock,
};

pub(crate) fn intent(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    record(protocol, state, steps);
    adopt(protocol, state, steps);
    for (place, worker) in workers(state) {
        let Some(intent) = worker.intent else {
            continue;
        };
        match worker.at {
            At::TakeStock => {
                let next = take_stock(protocol, state, place, worker, intent);
                steps.fleet(next, || format!("{intent} asks the product for stock"));
            }
            At::OpenSale => {
                let next = open_sale(protocol, state, place, worker, intent);
                steps.fleet(next, || format!("{intent} opens the sale"));
            }
            At::Finish => {
                let next = finish(state, place, intent);
                steps.fleet(next, || format!("{intent} is finished"));
            }
            At::Pause | At::Fence | At::Install | At::AfterFence => {}
        }
    }
}

/// The places of the workers, and they.
pub(crate) fn workers(state: &State) -> impl Iterator<Item = (u8, Worker)> + use<> {
    let workers = state.workers;
    (0..)
        .zip(workers)
        .filter_map(|(place, worker)| Some((place, worker?)))
}

pub(crate) fn free_place(state: &State) -> Option<u8> {
    (0..)
        .zip(state.workers.iter())
        .find_map(|(place, worker)| worker.is_none().then_some(place))
}

fn begin(protocol: &Protocol<'_>, intent: Intent) -> Worker {
    let raises = intent.to > intent.from && protocol.on(RaiseFirst);
    let at = match intent.kind {
        Kind::Publish => At::TakeStock,
        Kind::Edit if raises => At::TakeStock,
        Kind::Edit | Kind::End => At::Pause,
    };
    Worker {
        intent: Some(intent),
        at,
        epoch: 0,
        snapshot: Snapshot::default(),
    }
}

fn record(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let activity = state.activity;
    let idle = activity.intent.is_none() || !protocol.on(OneIntent);
    let version = activity.version + 1;
    if activity.over || !idle || state.sale.is_none() || usize::from(version) >= VERSIONS {
        return;
    }
    let Some(place) = free_place(state) else {
        return;
    };
    let mut asked = |event, kind, to| {
        let from = activity.units;
        let Some(mut next) = spend(state, event).filter(|_| kind == Kind::End || to != from) else {
            return;
        };
        let intent = Intent {
            kind,
            version,
            from,
            to,
        };
        next.activity.intent = Some(intent);
        next.activity.version = version;
        next.workers[place] = Some(begin(protocol, intent));
        steps.world(next, || format!("an administrator asks for {intent}"));
    };
    for units in protocol.scope.edits {
        asked(Event::Edit, Kind::Edit, *units);
    }
    asked(Event::End, Kind::End, activity.units);
}

/// By anybody once its process is dead, or taken for dead.
fn adopt(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let (Some(intent), Some(place)) = (state.activity.intent, free_place(state)) else {
        return;
    };
    let same = |worker: &Worker| {
        worker
            .intent
            .is_some_and(|own| own.version == intent.version)
    };
    if workers(state).any(|(_, worker)| same(&worker)) {
        if let Some(mut next) = spend(state, Event::Stall) {
            next.workers[place] = Some(begin(protocol, intent));
            steps.world(next, || {
                format!("{intent} is adopted, though its process lives")
            });
        }
    } else if protocol.on(AdoptIntent) {
        let mut next = *state;
        next.workers[place] = Some(begin(protocol, intent));
        steps.fleet(next, || format!("{intent} is worked on"));
    }
}

fn take_stock(
    protocol: &Protocol<'_>,
    state: &State,
    place: u8,
    worker: Worker,
    intent: Intent,
) -> State {
    let mut next = *state;
    let taken = stock::take(protocol, &mut next.product, intent);
    let refused = Worker {
        at: At::Finish,
        intent: Some(Intent {
            to: intent.from,
            ..intent
        }),
        ..worker
    };
    let at = match intent.kind {
        Kind::Publish => At::OpenSale,
        Kind::Edit | Kind::End => At::Pause,
    };
    next.workers[place] = Some(if taken {
        Worker { at, ..worker }
    } else {
        refused
    });
    next
}

/// At epoch 0; a repeat leaves an existing row alone.
fn open_sale(
    protocol: &Protocol<'_>,
    state: &State,
    place: u8,
    worker: Worker,
    intent: Intent,
) -> State {
    let mut next = *state;
    if next.sale.is_none() || !protocol.on(OpenIgnoresRepeat) {
        next.sale = Some(Sale {
            epoch: 0,
            version: intent.version,
            refused: false,
            ended: false,
            units: intent.to,
            suspect: None,
        });
    }
    next.workers[place] = Some(Worker {
        at: At::Finish,
        ..worker
    });
    next
}

/// Writes what came of it, unless another worker did. A worker that was refused asks for the units
/// that there were.
fn finish(state: &State, place: u8, intent: Intent) -> State {
    let mut next = *state;
    next.workers[place] = None;
    let activity = &mut next.activity;
    if activity
        .intent
        .is_some_and(|own| own.version == intent.version)
    {
        activity.intent = None;
        activity.units = intent.to;
        activity.over = intent.kind == Kind::End || next.sale.is_none();
    }
    next
}
