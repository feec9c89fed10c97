//! Step 11, each minute and only while it is quiet: unsent is empty and no message waits to land.
//! A unit that is neither free, held nor live, or both free and live, or a live order without all
//! of its slots: rebuilt. A slot whose order is neither live nor being released: handed off again if
//! it has no row, else rebuilt.
//!
//! What is under way counts as younger than a minute; older, it would be published twice, which is
//! a redelivery.
//!
//! Code: seckill/src/app/audit.rs, reconcile.rs.

use crate::{
    checker::Steps,
    guards::Guard::{Audit, HandOffAgain},
    protocol::Protocol,
    state::{Row, Set, State},
    steps::{detect::begin_rebuild, intent::workers},
};

pub(crate) fn audit(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let open = state
        .redis
        .meta
        .is_some_and(|meta| meta.open && meta.epoch == state.epoch());
    let waiting = state.queue.iter().any(|messages| *messages > 0);
    let quiet = state.redis.unsent.is_empty() && !waiting;
    if !protocol.on(Audit) || !open || !quiet || state.is_ended() || state.redis.is_torn() {
        return;
    }
    for order in orphans(state).iter() {
        let lost = state.rows[order] == Row::None && !state.is_under_way(order);
        if lost && protocol.on(HandOffAgain) {
            let mut next = *state;
            next.publishing.insert(order);
            steps.fleet(next, || {
                format!("hand off order {order}, which never arrived, again")
            });
        }
    }
    let rebuilding = workers(state).any(|(_, one)| one.intent.is_none() || one.at.is_leased());
    if differs(state)
        && !rebuilding
        && let Some(next) = begin_rebuild(state)
    {
        steps.fleet(next, || {
            "the audit finds a difference; a rebuild begins".to_owned()
        });
    }
}

/// They hold a slot, and are neither live nor about to be released.
fn orphans(state: &State) -> Set {
    let held = state.redis.held().map(|(_, _, order)| order);
    held.filter(|order| !state.rows[*order].is_live() && state.releases[*order].is_none())
        .collect()
}

fn differs(state: &State) -> bool {
    let (free, live) = (state.redis.free(), state.live());
    let slot_unit = |(_, slot, order): (u8, u8, u8)| state.reserved[order]?.units[slot];
    let held: Set = state.redis.held().filter_map(slot_unit).collect();
    let all = Set::up_to(state.redis.meta.map_or(0, |meta| meta.units));
    let lost = free.or(live).or(held) != all;
    let doubled = !free.and(live).is_empty();
    let missing = state.orders().any(|(order, one)| {
        let slots = &state.redis.buyers[one.user];
        let own = one
            .taken()
            .filter(|(slot, _)| slots[*slot] == Some(order))
            .count();
        state.rows[order].is_live() && own < one.taken().count()
    });
    let stuck = orphans(state)
        .iter()
        .any(|order| state.rows[order] != Row::None);
    lost || doubled || missing || stuck
}
