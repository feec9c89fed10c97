//! What must hold: after every step, and when nothing happens any more by itself.

use crate::{
    scopes::Scope,
    state::{PAYMENTS, Payment, Row, Set, State, UNITS},
};

/// Epochs above this come from rebuilds that never end.
const EPOCH_MAX: u8 = 7;

/// What no step may do to an order.
pub(crate) fn of_step(before: &State, after: &State) -> Option<&'static str> {
    for (order, reservation) in before.orders() {
        let (was, is) = (before.rows[order], after.rows[order]);
        let interrupted = was == Row::None && reservation.epoch < before.epoch();
        if (interrupted || matches!(was, Row::Closed | Row::Refused)) && is.is_live() {
            return Some("2: an order lives that was refused, closed or interrupted");
        }
        if was != Row::None && is == Row::None {
            return Some("2: an order's row has vanished");
        }
        if was == Row::Paid && !matches!(is, Row::Paid | Row::Refunded) {
            return Some("4: a paid order was closed");
        }
    }
    None
}

pub(crate) fn always(scope: &Scope, state: &State) -> Option<&'static str> {
    let epoch = state.epoch();
    if epoch > EPOCH_MAX {
        return Some("6: rebuilds without end");
    }
    if state
        .conflicts
        .iter()
        .any(|epoch| !state.went_back.has(epoch))
    {
        return Some("1: Redis handed out what MySQL holds, and had not gone back");
    }
    if scope.is_calm() && (epoch > 1 || state.rows.iter().any(|row| *row == Row::Refused)) {
        return Some("6: a refusal or a rebuild, and nothing was wrong");
    }
    units(scope, state)
        .or_else(|| buyers(state))
        .or_else(|| money(state))
}

fn units(scope: &Scope, state: &State) -> Option<&'static str> {
    for (order, reservation) in state.orders() {
        let live = state.rows[order].is_live();
        let due = if live { reservation.quantity() } else { 0 };
        if state.units_of(order) != due {
            return Some("1: an order does not hold exactly its units");
        }
    }
    let live = state.live();
    let units = state.sale.map_or(0, |sale| sale.units);
    if !state.is_ended() && live.highest().is_some_and(|highest| highest >= units) {
        return Some("1: oversold: a live unit beyond the sale's units");
    }
    let stock = state.product.stock;
    if stock < 0 || stock + live.len() as i8 > scope.stock as i8 {
        return Some("1: the product offers what is sold");
    }
    None
}

fn buyers(state: &State) -> Option<&'static str> {
    for (order, one) in state.orders() {
        let row = state.rows[order];
        if state.failed.has(order) && row.is_live() {
            return Some("2: an order lives whose ticket has failed");
        }
        // In the broker, or with a consumer, or landed: no loss of Redis can undo it.
        let landing = state.landing.is_some_and(|early| early.order == order);
        let durable = state.queue[order] > 0 || landing || row != Row::None;
        if state.told.has(order) && !durable {
            return Some("2: a buyer was told 202, and only Redis knows");
        }
        for (other, two) in state.orders().filter(|(other, _)| *other < order) {
            let both_live = row.is_live() && state.rows[other].is_live();
            let same_slot = one.taken().any(|(slot, _)| two.units[slot].is_some());
            if both_live && one.user == two.user && (same_slot || one.key == two.key) {
                return Some("3: two live orders in one slot, or of one request key");
            }
        }
    }
    None
}

fn money(state: &State) -> Option<&'static str> {
    for (order, _) in state.orders() {
        let kept = |payment: &&Payment| **payment == Payment::Kept(order);
        let kept = state.payments.iter().filter(kept).count();
        if kept != usize::from(state.rows[order] == Row::Paid) {
            return Some("4: an order is paid without exactly one payment that is kept");
        }
    }
    None
}

pub(crate) fn at_rest(scope: &Scope, state: &State) -> Option<&'static str> {
    if state.activity.intent.is_some() {
        return Some("6: at rest, an intent is never finished");
    }
    for (order, _) in state.orders() {
        if state.releases[order].is_some() {
            return Some("6: at rest, a release is left");
        }
        if state.queue[order] > 0 || state.redis.unsent.has(order) {
            return Some("6: at rest, a reservation is left in unsent or in the queue");
        }
        if state.told.has(order) && state.rows[order] == Row::None {
            return Some("2: at rest, a buyer who was told 202 waits for ever");
        }
    }
    let arriving = |payment| matches!(state.payments[payment], Payment::Arriving(_));
    if (0..PAYMENTS as u8).any(arriving) {
        return Some("4: at rest, a payment is neither kept nor refunded");
    }
    stock(scope, state).or_else(|| sale(scope, state))
}

/// What the product and the sale have is all there is.
fn stock(scope: &Scope, state: &State) -> Option<&'static str> {
    let here = match state.sale {
        None => 0,
        Some(sale) if sale.ended => state.live().len(),
        Some(sale) => sale.units,
    };
    match (state.product.stock + here as i8).cmp(&(scope.stock as i8)) {
        std::cmp::Ordering::Less => Some("5: at rest, stock has vanished"),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some("5: at rest, stock was returned twice"),
    }
}

fn sale(scope: &Scope, state: &State) -> Option<&'static str> {
    let sale = state.sale?;
    if sale.ended {
        let over = state.activity.over && state.redis.meta.is_none();
        return (!over).then_some("6: at rest, an ended sale is in Redis");
    }
    let Some(meta) = state.redis.meta else {
        return Some("6: at rest, the sale is not in Redis");
    };
    if !meta.open || meta.epoch != sale.epoch {
        return Some("6: at rest, the sale is not open in order's epoch");
    }
    if meta.units != sale.units || state.activity.units != sale.units {
        return Some("6: at rest, the terms differ");
    }
    if state.conflicts.has(sale.epoch) {
        return Some("6: at rest, a duplicate was met and nobody rebuilds");
    }
    if scope.is_blind() && state.went_back.has(sale.epoch) {
        return None; // What the audit is for.
    }
    let (free, live) = (state.redis.free(), state.live());
    if !free.and(live).is_empty() {
        return Some("1: at rest, Redis offers a unit that is sold");
    }
    if free.or(live) != Set::up_to(sale.units.min(UNITS as u8)) {
        return Some("5: at rest, a unit is neither free nor sold");
    }
    let same = state.redis.buyers == state.buyers();
    (!same).then_some("3: at rest, the buyers differ")
}
