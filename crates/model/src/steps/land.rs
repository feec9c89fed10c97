//! Step 5. One transaction: the sale's row locked shared first, which gives the epoch E. A row that
//! is there: done. Reserved below E: refused, and no release, because the rebuild counted its units
//! as free. Else the order and its units; a unit, slot or key that is taken refuses it and makes
//! the epoch suspect. The message is acknowledged after the commit.
//!
//! (The code also refuses in an ended sale, and units beyond the terms. The bumps of the end and of
//! the edit make both unreachable: they are not modelled.)
//!
//! Code: order/src/app/land.rs, domain/sale.rs (judge).

use crate::{
    checker::Steps,
    guards::Guard::{
        AckAfterCommit, LandEpoch, LandLock, RefusalIsRow, RequestKey, RowsAreKept, SlotKey,
        Suspect, UnitKey, WholeOrder,
    },
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Early, Reservation, Row, State},
};

pub(crate) fn land(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    if let Some(early) = state.landing {
        let mut next = *state;
        next.landing = None;
        commit(protocol, &mut next, early.order, early.epoch);
        steps.fleet(next, || told(&next, early.order));
    }
    for (order, reservation) in state.orders().filter(|(order, _)| state.queue[*order] > 0) {
        let epoch = state.epoch();
        if reservation.epoch > epoch {
            continue; // Ahead of its sale: retried.
        }
        let mut landed = *state;
        if let Some(mut next) = spend(state, Event::Redelivery) {
            commit(protocol, &mut next, order, epoch);
            steps.world(next, || {
                format!("{}, and dies before the ack", told(&next, order))
            });
        }
        landed.queue[order] -= 1;
        if !protocol.on(AckAfterCommit)
            && let Some(next) = spend(&landed, Event::Crash)
        {
            steps.world(next, || {
                format!("the consumer of order {order} dies after the ack")
            });
        }
        if protocol.on(LandLock) {
            commit(protocol, &mut landed, order, epoch);
            steps.fleet(landed, || told(&landed, order));
        } else if state.landing.is_none() {
            landed.landing = Some(Early {
                order,
                epoch,
                ended: false,
            });
            steps.fleet(landed, || {
                format!("landing order {order} reads epoch {epoch}")
            });
        }
    }
}

fn told(state: &State, order: u8) -> String {
    format!("land order {order}: {:?}", state.rows[order])
}

fn commit(protocol: &Protocol<'_>, state: &mut State, order: u8, epoch: u8) {
    let row = state.rows[order];
    let there = if protocol.on(RowsAreKept) {
        row != Row::None
    } else {
        row.is_live()
    };
    let Some(reservation) = state.reserved[order].filter(|_| !there) else {
        return;
    };
    let refusal = if protocol.on(RefusalIsRow) {
        Row::Refused
    } else {
        Row::None
    };
    if protocol.on(LandEpoch) && reservation.epoch < epoch {
        state.rows[order] = refusal;
        return;
    }
    let conflicts: Vec<bool> = conflicts(protocol, state, order, reservation);
    let none_fits = conflicts.iter().all(|taken| *taken);
    if conflicts.contains(&true) {
        state.conflicts.insert(epoch);
        if protocol.on(Suspect)
            && let Some(sale) = state.sale.as_mut()
        {
            sale.suspect = Some(sale.epoch);
        }
        if none_fits || protocol.on(WholeOrder) {
            state.rows[order] = refusal;
            return;
        }
    }
    state.rows[order] = Row::Pending;
    for ((_, unit), _) in reservation
        .taken()
        .zip(conflicts)
        .filter(|(_, taken)| !taken)
    {
        state.units[unit] = Some(order);
    }
}

/// By unit of the order, whether a unique key refuses its row.
fn conflicts(
    protocol: &Protocol<'_>,
    state: &State,
    order: u8,
    reservation: Reservation,
) -> Vec<bool> {
    let buyers = state.buyers();
    let key_taken = state.orders().any(|(other, one)| {
        let same = one.user == reservation.user && one.key == reservation.key;
        other != order && same && state.rows[other].is_live()
    });
    let taken = reservation.taken().map(|(slot, unit)| {
        (protocol.on(UnitKey) && state.units[unit].is_some())
            || (protocol.on(SlotKey) && buyers[reservation.user][slot].is_some())
            || (protocol.on(RequestKey) && key_taken)
    });
    taken.collect()
}
