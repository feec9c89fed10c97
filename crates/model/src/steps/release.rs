//! Step 8. While Redis is absent or behind the release's epoch it waits, unless the sale has ended.
//! A slot that still holds this order is cleared and gives its unit back; any other is left alone:
//! that is what makes it exactly once.
//!
//! Code: seckill/src/lua/release.lua, app/release.rs.

use crate::{
    checker::Steps,
    guards::Guard::{ReleaseAllSlots, ReleaseEnded, ReleaseKeyed, ReleaseWaits},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Reservation, State},
};

pub(crate) fn release(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for (order, reservation) in state.orders() {
        if let Some(epoch) = state.released[order].filter(|_| state.releases[order].is_none())
            && let Some(mut next) = spend(state, Event::Redelivery)
        {
            next.releases[order] = Some(epoch);
            steps.world(next, || format!("the release of order {order} comes again"));
        }
        let Some(epoch) = state.releases[order] else {
            continue;
        };
        let mut next = *state;
        next.releases[order] = None;
        next.released[order] = Some(epoch);
        let there = state.redis.meta.is_some_and(|meta| meta.epoch >= epoch);
        if there || !protocol.on(ReleaseWaits) {
            give_back(protocol, &mut next, order, reservation);
            steps.fleet(next, || {
                format!("release order {order}, closed in epoch {epoch}")
            });
        } else if state.is_ended() && protocol.on(ReleaseEnded) {
            steps.fleet(next, || {
                format!("release order {order}: the sale has ended")
            });
        }
    }
}

fn give_back(protocol: &Protocol<'_>, state: &mut State, order: u8, reservation: Reservation) {
    let user = reservation.user;
    for (slot, _) in reservation.taken() {
        let Some(holder) = state.redis.buyers[user][slot] else {
            continue;
        };
        if holder != order && protocol.on(ReleaseKeyed) {
            continue;
        }
        state.redis.buyers[user][slot] = None;
        if let Some(unit) = state.reserved[holder].and_then(|holding| holding.units[slot]) {
            state.redis.returned.insert(unit);
        }
        if !protocol.on(ReleaseAllSlots) {
            return;
        }
    }
}
