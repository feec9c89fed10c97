//! Step 2. One script: finds the order that a request repeats, or takes units and slots and writes
//! the unsent entry. It sells only from a sale that is open and has all of its keys. (The code also
//! refuses below the caller's epoch; that only makes refusals rare.)
//!
//! Code: seckill/src/lua/reserve.lua; a buyer without an order that it would refuse as sold out may be refused by
//! seckill/src/stock/pre_check.rs, which reads the same at one moment and changes nothing.

use crate::{
    checker::Steps,
    guards::Guard::{KeyRepeats, OneScript, RepeatPublishes, TornPauses},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{ORDERS, Reservation, State, Table},
};

pub(crate) fn reserve(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let open = state.redis.meta.is_some_and(|meta| meta.open);
    if !open || (protocol.on(TornPauses) && state.redis.is_torn()) {
        return;
    }
    for user in 0..protocol.scope.buyers {
        // Buyers are alike: the first to come is buyer 0.
        let came = |user| state.orders().any(|(_, one)| one.user == user);
        if user > 0 && !came(user - 1) {
            break;
        }
        let fresh = state.orders().count() as u8;
        ask(protocol, state, user, fresh, steps);
        if let Some(again) = spend(state, Event::SameKey) {
            let own = state.orders().filter(|(_, one)| one.user == user);
            for key in own
                .map(|(_, one)| one.key)
                .collect::<std::collections::BTreeSet<_>>()
            {
                ask(protocol, &again, user, key, steps);
            }
        }
    }
}

fn ask(protocol: &Protocol<'_>, state: &State, user: u8, key: u8, steps: &mut Steps<State>) {
    let held = || state.redis.held().filter(|(holder, _, _)| *holder == user);
    let key_of = |order: u8| state.reserved[order].map(|one| one.key);
    let limit = protocol.scope.limit;
    let repeated = held()
        .map(|(_, _, order)| order)
        .find(|order| limit == 1 || (protocol.on(KeyRepeats) && key_of(*order) == Some(key)));
    if let Some(order) = repeated {
        if let Some(next) = spend(state, Event::Repeat) {
            let next = repeat(protocol, next, order);
            steps.world(next, || format!("buyer {user} asks again: order {order}"));
        }
        return;
    }
    let quantities = if protocol.scope.pairs { 1..=2 } else { 1..=1 };
    for quantity in quantities {
        win(protocol, state, user, key, quantity, steps);
    }
}

/// A repeat of an order that the broker may not have publishes it before the buyer is answered.
fn repeat(protocol: &Protocol<'_>, mut next: State, order: u8) -> State {
    if !next.redis.unsent.has(order) || !protocol.on(RepeatPublishes) {
        next.told.insert(order);
    } else if !next.confirming.has(order) {
        next.publishing.insert(order);
    }
    next
}

fn win(
    protocol: &Protocol<'_>,
    state: &State,
    user: u8,
    key: u8,
    quantity: u8,
    steps: &mut Steps<State>,
) {
    let order = state.orders().count() as u8;
    let Some(mut next) = (order < protocol.scope.orders.min(ORDERS as u8)).then_some(*state) else {
        return;
    };
    let Some(meta) = next.redis.meta.as_mut() else {
        return;
    };
    let mut units = Table::default();
    let slots = (0..protocol.scope.limit).filter(|slot| state.redis.buyers[user][*slot].is_none());
    let mut left = quantity;
    for slot in slots.take(usize::from(quantity)) {
        let returned = next.redis.returned.first();
        if let Some(unit) = returned {
            next.redis.returned.remove(unit);
        } else if meta.next < meta.units {
            meta.next += 1;
        } else {
            return; // Sold out, and nothing is taken.
        }
        units[slot] = Some(returned.unwrap_or(meta.next - 1));
        next.redis.buyers[user][slot] = Some(order);
        left -= 1;
    }
    if left > 0 {
        return; // The limit, and nothing is taken.
    }
    let epoch = meta.epoch;
    let reservation = Reservation {
        user,
        key,
        epoch,
        units,
    };
    next.reserved[order] = Some(reservation);
    if !protocol.on(OneScript)
        && let Some(next) = spend(&next, Event::Crash)
    {
        steps.world(next, || {
            format!("order {order} of buyer {user}: dies before unsent")
        });
    }
    next.redis.unsent.insert(order);
    next.publishing.insert(order);
    steps.world(next, || {
        let taken: Vec<_> = reservation.taken().collect();
        format!("reserve order {order} of buyer {user}, (slot, unit) {taken:?}, epoch {epoch}")
    });
}
