//! Step 1, the product's side. Stock moves and returns have keys: what was answered once is
//! answered again, and counts once.
//!
//! Code: product/src/app/take_stock.rs and return_stock.rs.

use crate::{
    checker::Steps,
    guards::Guard::{EndKeyed, MoveKeyed, RefusalRemembered, ReturnKeyed},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Intent, Move, ORDERS, Product, RETURNS, Return, State, VERSIONS},
};

const END: u8 = (ORDERS + VERSIONS) as u8;

/// False: the product has fewer.
pub(crate) fn take(protocol: &Protocol<'_>, product: &mut Product, intent: Intent) -> bool {
    let answered = &mut product.moves[intent.version];
    match answered {
        Move::Taken | Move::Undone if protocol.on(MoveKeyed) => return true,
        Move::Refused if protocol.on(RefusalRemembered) => return false,
        _ => {}
    }
    let units = intent.to as i8 - intent.from as i8;
    let taken = product.stock >= units;
    *answered = if taken { Move::Taken } else { Move::Refused };
    if taken {
        product.stock -= units;
    }
    taken
}

/// Gives back what a raise took that was refused in the end.
pub(crate) fn undo(product: &mut Product, intent: Intent) {
    if intent.to > intent.from && product.moves[intent.version] == Move::Taken {
        product.stock += intent.to as i8 - intent.from as i8;
        product.moves[intent.version] = Move::Undone;
    }
}

pub(crate) fn order_return(state: &mut State, order: u8, units: u8) {
    give_back(state, order, units);
}

pub(crate) fn edit_return(state: &mut State, intent: Intent) {
    give_back(
        state,
        ORDERS as u8 + intent.version,
        intent.from.saturating_sub(intent.to),
    );
}

pub(crate) fn end_return(state: &mut State, units: u8) {
    give_back(state, END, units);
}

/// Into an outbox, in the transaction that says so.
fn give_back(state: &mut State, key: u8, units: u8) {
    let own = &mut state.product.returns[key];
    *own = match *own {
        Return::None if units > 0 => Return::UnderWay(units),
        Return::Done(_) if units > 0 => Return::Again(units),
        other => other,
    };
}

pub(crate) fn return_stock(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for key in 0..RETURNS as u8 {
        let guard = match usize::from(key) {
            order if order < ORDERS => ReturnKeyed,
            _ if key == END => EndKeyed,
            _ => MoveKeyed,
        };
        match state.product.returns[key] {
            Return::None => {}
            Return::UnderWay(units) => {
                let next = returned(state, key, units, true);
                steps.fleet(next, || format!("the product gets {units} back"));
            }
            Return::Again(units) => {
                let next = returned(state, key, units, !protocol.on(guard));
                steps.fleet(next, || format!("the product is given {units} back again"));
            }
            Return::Done(units) => {
                if let Some(mut next) = spend(state, Event::Redelivery) {
                    next.product.returns[key] = Return::Again(units);
                    steps.world(next, || format!("a stock return of {units} comes again"));
                }
            }
        }
    }
}

fn returned(state: &State, key: u8, units: u8, counts: bool) -> State {
    let mut next = *state;
    next.product.returns[key] = Return::Done(units);
    if counts {
        next.product.stock += units as i8;
    }
    next
}
