//! Step 14. The end is the last fence: the sale is ended, the epoch bumped, and a stock return of
//! units − live, keyed by activity, is in its outbox. Whatever reserved before and has not landed
//! is refused; orders that close later return their own units. The keys go (step 11).
//!
//! Code: order/src/app/fence.rs (end).

use crate::{
    guards::Guard::{EndBumps, EndCountsInFence, EndInFence},
    protocol::Protocol,
    state::{At, Intent, Sale, Snapshot, State, Worker},
    steps::{
        rebuild::{Met, meet, read},
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
    next.workers[place] = match meet(protocol, &next, worker) {
        Met::Ended => Some(Worker {
            at: At::Finish,
            snapshot: Snapshot::default(),
            ..worker
        }),
        Met::OtherEpoch => Some(Worker {
            at: At::Pause,
            ..worker
        }),
        Met::Open(sale) => {
            let in_fence = protocol.on(EndCountsInFence);
            let counted = if in_fence {
                read(&next)
            } else {
                worker.snapshot
            };
            let epoch = if protocol.on(EndBumps) {
                worker.epoch + 1
            } else {
                sale.epoch
            };
            let version = sale.version.max(intent.version);
            next.sale = Some(Sale {
                epoch,
                version,
                ended: true,
                ..sale
            });
            if protocol.on(EndInFence) {
                stock::end_return(&mut next, unsold(counted));
                Some(Worker {
                    at: At::Finish,
                    snapshot: Snapshot::default(),
                    ..worker
                })
            } else {
                Some(Worker {
                    at: At::AfterFence,
                    snapshot: counted,
                    ..worker
                })
            }
        }
    };
    next
}

pub(crate) fn after_fence(state: &mut State, worker: Worker) {
    stock::end_return(state, unsold(worker.snapshot));
}

fn unsold(counted: Snapshot) -> u8 {
    let live = counted.live.iter().flatten().count() as u8;
    counted.units.saturating_sub(live)
}
