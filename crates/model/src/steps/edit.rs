//! Step 1, an edit's fence: only where the terms' version is below its own; it records its version
//! also when it refuses. Units below the highest live unit number are refused, judged in it. What a
//! lowering gives back is in its own outbox. A raise took its stock before.
//!
//! Code: order/src/app/fence.rs (apply).

use crate::{
    guards::Guard::{
        EditBumps, EditJudgedInFence, EditRefusesSold, EditVersion, LowerInFence, RaiseFirst,
        RefusedEditUsesVersion,
    },
    protocol::Protocol,
    state::{At, Intent, Sale, Set, Snapshot, State, UNITS, Worker},
    steps::{
        rebuild::{Met, fenced, meet},
        stock,
    },
};

pub(crate) fn fence(
    protocol: &Protocol<'_>,
    mut next: State,
    place: u8,
    worker: Worker,
    intent: Intent,
) -> State {
    let done = |to| {
        let intent = Some(Intent { to, ..intent });
        Some(Worker {
            at: At::Finish,
            intent,
            snapshot: Snapshot::default(),
            ..worker
        })
    };
    let version = next.sale.map_or(0, |sale| sale.version);
    if version >= intent.version && protocol.on(EditVersion) {
        let refused = next.sale.is_some_and(|sale| sale.refused);
        next.workers[place] = if version > intent.version {
            None // Another replica finished it, and another intent after it.
        } else if refused {
            stock::undo(&mut next.product, intent);
            done(intent.from)
        } else {
            done(intent.to)
        };
        return next;
    }
    next.workers[place] = match meet(protocol, &next, worker) {
        Met::OtherEpoch => Some(Worker {
            at: At::Pause,
            ..worker
        }),
        Met::Ended => {
            stock::undo(&mut next.product, intent);
            done(intent.from)
        }
        Met::Open(sale) if refuses(protocol, &next, worker, intent) => {
            let uses = protocol.on(RefusedEditUsesVersion);
            let version = if uses { intent.version } else { sale.version };
            next.sale = Some(Sale {
                version,
                refused: uses,
                ..sale
            });
            stock::undo(&mut next.product, intent);
            done(intent.from)
        }
        Met::Open(sale) => {
            let epoch = if protocol.on(EditBumps) {
                worker.epoch + 1
            } else {
                sale.epoch
            };
            let (version, units) = (intent.version, intent.to);
            next.sale = Some(Sale {
                epoch,
                version,
                refused: false,
                units,
                ..sale
            });
            if protocol.on(LowerInFence) {
                stock::edit_return(&mut next, intent);
            }
            Some(fenced(protocol, &next, worker))
        }
    };
    next
}

/// Units at or above what it asks for are live.
fn refuses(protocol: &Protocol<'_>, state: &State, worker: Worker, intent: Intent) -> bool {
    let in_fence = protocol.on(EditJudgedInFence);
    let live = if in_fence {
        state.units
    } else {
        worker.snapshot.live
    };
    let live: Set = (0..UNITS as u8)
        .filter(|unit| live[*unit].is_some())
        .collect();
    protocol.on(EditRefusesSold) && live.highest().is_some_and(|highest| highest >= intent.to)
}

/// Whether stock moves after the fence: only while a guard is off.
pub(crate) fn has_more(protocol: &Protocol<'_>, intent: Intent) -> bool {
    let raises_late = intent.to > intent.from && !protocol.on(RaiseFirst);
    raises_late || (intent.to < intent.from && !protocol.on(LowerInFence))
}

pub(crate) fn after_fence(protocol: &Protocol<'_>, state: &mut State, intent: Intent) {
    if intent.to > intent.from {
        stock::take(protocol, &mut state.product, intent);
    } else {
        stock::edit_return(state, intent);
    }
}
