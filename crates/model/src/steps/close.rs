//! Step 6. A lapse or cancellation makes an order closing, and payment is asked. Its answer closes
//! the order in one transaction: the sale's row locked shared, compare and set, the units deleted,
//! and a release that carries the epoch as read here; after the end a stock return instead. A
//! refund of a paid order frees its units the same way.
//!
//! Code: order/src/app/sweep.rs, payment_closed.rs, refund_order.rs, all through step.rs.

use crate::{
    checker::Steps,
    guards::Guard::{CloseLock, CloseSwap, ReleaseEpoch, ReturnAfterEnd},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Early, Payment, Row, State, UNITS},
    steps::stock,
};

pub(crate) fn close(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    if let Some(early) = state.closing {
        let mut next = *state;
        next.closing = None;
        commit(protocol, &mut next, early);
        steps.fleet(next, || format!("close order {}", early.order));
    }
    for (order, _) in state.orders() {
        let row = state.rows[order];
        if row == Row::Pending
            && let Some(mut next) = spend(state, Event::Lapse)
        {
            next.rows[order] = Row::Closing;
            next.asked.insert(order);
            steps.world(next, || format!("order {order} lapses: closing"));
        }
        if row == Row::Paid
            && let Some(next) = spend(state, Event::Refund)
        {
            let next = refund(protocol, next, order);
            steps.world(next, || format!("refund order {order}"));
        }
    }
    for order in state.asked.iter() {
        let early = Early {
            order,
            epoch: state.epoch(),
            ended: state.is_ended(),
        };
        let mut next = *state;
        next.asked.remove(order);
        if protocol.on(CloseLock) {
            commit(protocol, &mut next, early);
            steps.fleet(next, || {
                format!("close order {order}: {:?}", next.rows[order])
            });
        } else if state.closing.is_none() {
            next.closing = Some(early);
            steps.fleet(next, || {
                format!("closing order {order} reads epoch {}", early.epoch)
            });
        }
    }
}

fn commit(protocol: &Protocol<'_>, state: &mut State, read: Early) {
    let row = state.rows[read.order];
    if row == Row::Closing || (row.is_live() && !protocol.on(CloseSwap)) {
        state.rows[read.order] = Row::Closed;
        free(protocol, state, read);
    }
}

fn refund(protocol: &Protocol<'_>, mut next: State, order: u8) -> State {
    next.rows[order] = Row::Refunded;
    for payment in 0..next.payments.iter().len() as u8 {
        if next.payments[payment] == Payment::Kept(order) {
            next.payments[payment] = Payment::Refunded(order);
        }
    }
    let (epoch, ended) = (next.epoch(), next.is_ended());
    free(
        protocol,
        &mut next,
        Early {
            order,
            epoch,
            ended,
        },
    );
    next
}

fn free(protocol: &Protocol<'_>, state: &mut State, read: Early) {
    let order = read.order;
    let quantity = state.units_of(order);
    for unit in 0..UNITS as u8 {
        if state.units[unit] == Some(order) {
            state.units[unit] = None;
        }
    }
    if read.ended && protocol.on(ReturnAfterEnd) {
        stock::order_return(state, order, quantity);
    } else {
        let reserved = state.reserved[order].map_or(0, |one| one.epoch);
        let epoch = if protocol.on(ReleaseEpoch) {
            read.epoch
        } else {
            reserved
        };
        state.releases[order] = Some(epoch);
    }
}
