//! Step 12, and what steps 1 and 14 do in its way. Under a lease that others take over: pause Redis
//! at or below x; fence, one transaction that bumps x by compare and set and reads terms and live
//! units; install that very snapshot, only over an absent or lower epoch. Unsent stays.
//!
//! (The courtesy wait before the fence only makes refusals rare: the model fences at any time.)
//!
//! Code: seckill/src/app/rebuild.rs, order/src/app/fence.rs, seckill/src/lua/install.lua.

use crate::{
    checker::Steps,
    guards::Guard::{
        EditJudgedInFence, EndCountsInFence, FenceOpen, FenceSwap, InstallOnce, InstallOverLower,
        SnapshotInFence,
    },
    protocol::{Protocol, spend},
    scopes::Event,
    state::{At, Kind, Meta, Redis, Sale, Snapshot, State, UNITS, Worker},
    steps::{edit, end, intent::workers},
};

pub(crate) fn rebuild(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for (place, worker) in workers(state) {
        match worker.at {
            At::Pause => pause(protocol, state, place, worker, steps),
            At::Fence => {
                let next = fence(protocol, *state, place, worker);
                let (from, to) = (worker.epoch, next.epoch());
                steps.fleet(next, || {
                    format!("fence at {from}, now {to}: {}", worker.purpose())
                });
            }
            At::Install => {
                let next = install(protocol, *state, place, worker);
                if let Some(mut again) = spend(&next, Event::AnswerLost) {
                    let repeats = !protocol.on(InstallOnce);
                    again.workers[place] = repeats.then_some(worker);
                    let epoch = worker.snapshot.epoch;
                    steps.world(again, || {
                        format!("install epoch {epoch}, its answer is lost")
                    });
                }
                steps.fleet(next, || format!("install epoch {}", worker.snapshot.epoch));
            }
            At::AfterFence => {
                let next = after_fence(protocol, *state, place, worker);
                steps.fleet(next, || format!("after the fence: {}", worker.purpose()));
            }
            At::TakeStock | At::OpenSale | At::Finish => {}
        }
    }
}

/// Takes the lease; learns the epoch; no script reserves from then on, if Redis answers.
fn pause(
    protocol: &Protocol<'_>,
    state: &State,
    place: u8,
    worker: Worker,
    steps: &mut Steps<State>,
) {
    let leased = workers(state).any(|(_, other)| other.at.is_leased());
    let start = if leased {
        spend(state, Event::Stall)
    } else {
        Some(*state)
    };
    let Some(mut next) = start else {
        return;
    };
    let epoch = state.epoch();
    if let Some(meta) = next.redis.meta.as_mut().filter(|meta| meta.epoch <= epoch) {
        meta.open = false;
    }
    let guards = [SnapshotInFence, EditJudgedInFence, EndCountsInFence];
    let early = !guards.into_iter().all(|guard| protocol.on(guard));
    let snapshot = if early {
        read(state)
    } else {
        Snapshot::default()
    };
    next.workers[place] = Some(Worker {
        at: At::Fence,
        epoch,
        snapshot,
        ..worker
    });
    let purpose = worker.purpose();
    if leased {
        steps.world(next, || {
            format!("pause at {epoch}, over a lease that ran out: {purpose}")
        });
    } else {
        steps.fleet(next, || format!("pause at {epoch}: {purpose}"));
    }
}

pub(crate) fn read(state: &State) -> Snapshot {
    Snapshot {
        epoch: state.epoch(),
        units: state.sale.map_or(0, |sale| sale.units),
        live: state.units,
    }
}

fn fence(protocol: &Protocol<'_>, state: State, place: u8, worker: Worker) -> State {
    match worker.intent {
        None => fence_rebuild(protocol, state, place, worker),
        Some(intent) if intent.kind == Kind::End => {
            end::fence(protocol, state, place, worker, intent)
        }
        Some(intent) => edit::fence(protocol, state, place, worker, intent),
    }
}

/// What a fence meets before it may write.
pub(crate) enum Met {
    Open(Sale),
    Ended,
    OtherEpoch,
}

pub(crate) fn meet(protocol: &Protocol<'_>, state: &State, worker: Worker) -> Met {
    match state.sale {
        Some(sale) if sale.ended && protocol.on(FenceOpen) => Met::Ended,
        Some(sale) if sale.epoch != worker.epoch && protocol.on(FenceSwap) => Met::OtherEpoch,
        Some(sale) => Met::Open(sale),
        None => Met::Ended,
    }
}

fn fence_rebuild(protocol: &Protocol<'_>, mut next: State, place: u8, worker: Worker) -> State {
    next.workers[place] = match meet(protocol, &next, worker) {
        Met::Ended => None,
        Met::OtherEpoch => Some(Worker {
            at: At::Pause,
            ..worker
        }),
        Met::Open(sale) => {
            let epoch = worker.epoch + 1;
            next.sale = Some(Sale { epoch, ..sale });
            Some(fenced(protocol, &next, worker))
        }
    };
    next
}

/// A worker with the snapshot of its fence.
pub(crate) fn fenced(protocol: &Protocol<'_>, state: &State, worker: Worker) -> Worker {
    let own = read(state);
    let live = if protocol.on(SnapshotInFence) {
        own.live
    } else {
        worker.snapshot.live
    };
    Worker {
        at: At::Install,
        snapshot: Snapshot { live, ..own },
        ..worker
    }
}

fn install(protocol: &Protocol<'_>, mut next: State, place: u8, worker: Worker) -> State {
    let snapshot = worker.snapshot;
    let lower = next
        .redis
        .meta
        .is_none_or(|meta| meta.epoch < snapshot.epoch);
    if lower || !protocol.on(InstallOverLower) {
        next.redis = installed(&next, snapshot);
    }
    next.workers[place] = worker.intent.map(|intent| {
        let at = if edit::has_more(protocol, intent) {
            At::AfterFence
        } else {
            At::Finish
        };
        Worker {
            at,
            snapshot: Snapshot::default(),
            ..worker
        }
    });
    next
}

/// Next is the highest live unit, and the gaps below are returned.
fn installed(state: &State, snapshot: Snapshot) -> Redis {
    let live = |unit: &u8| snapshot.live[*unit].is_some();
    let next = (0..UNITS as u8)
        .rfind(live)
        .map_or(0, |highest| highest + 1);
    let mut redis = Redis {
        meta: Some(Meta {
            epoch: snapshot.epoch,
            open: true,
            units: snapshot.units,
            next,
            same_server: true,
        }),
        returned: (0..next).filter(|unit| !live(unit)).collect(),
        unsent: state.redis.unsent,
        ..Redis::default()
    };
    for order in snapshot.live.iter().flatten() {
        let Some(reservation) = state.reserved[*order] else {
            continue;
        };
        for (slot, unit) in reservation.taken() {
            if snapshot.live[unit] == Some(*order) {
                redis.buyers[reservation.user][slot] = Some(*order);
            }
        }
    }
    redis
}

/// What a guard that is off leaves for later.
fn after_fence(protocol: &Protocol<'_>, mut next: State, place: u8, worker: Worker) -> State {
    if let Some(intent) = worker.intent {
        match intent.kind {
            Kind::End => end::after_fence(&mut next, worker),
            Kind::Edit | Kind::Publish => edit::after_fence(protocol, &mut next, intent),
        }
    }
    let snapshot = Snapshot::default();
    next.workers[place] = Some(Worker {
        at: At::Finish,
        snapshot,
        ..worker
    });
    next
}
