//! Step 7. A reservation without a row is cancelled by its buyer: only if it is of the sale's epoch
//! and the sale is open, it gets its final row and a release in one transaction. A late copy of its
//! message finds the row.
//!
//! Code: order/src/app/cancel_unlanded.rs, cancel_order.rs.

use crate::{
    checker::Steps,
    guards::Guard::{CancelEpoch, CancelReleases, RefusalIsRow},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Row, State},
    steps::stock,
};

pub(crate) fn cancel(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for (order, _) in state
        .orders()
        .filter(|(order, _)| state.rows[*order] == Row::None)
    {
        if let Some(next) = spend(state, Event::Cancel) {
            let next = cancelled(protocol, next, order);
            steps.world(next, || format!("cancel order {order} before it lands"));
        }
    }
}

fn cancelled(protocol: &Protocol<'_>, mut next: State, order: u8) -> State {
    let Some(reservation) = next.reserved[order] else {
        return next;
    };
    let (epoch, ended) = (next.epoch(), next.is_ended());
    let counts = reservation.epoch == epoch && !ended;
    if protocol.on(CancelEpoch) && !counts {
        return next; // Interrupted: its units were counted as free.
    }
    if protocol.on(RefusalIsRow) {
        next.rows[order] = Row::Closed;
    }
    if !protocol.on(CancelReleases) {
        return next;
    }
    if ended {
        stock::order_return(&mut next, order, reservation.quantity());
    } else {
        next.releases[order] = Some(epoch);
    }
    next
}
