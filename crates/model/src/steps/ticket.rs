//! Step 10. A ticket's query reads the epoch first and the row then. Without a row, and with an
//! epoch above the ticket's, it has failed, for good; else it is still processing.
//!
//! Code: order/src/app/outcome.rs, seckill/src/app/get_ticket.rs.

use crate::{
    checker::Steps,
    guards::Guard::TicketEpochFirst,
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Query, Row, State},
};

pub(crate) fn query(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    if let Some(query) = state.query {
        let mut next = *state;
        next.query = None;
        let failed = has_failed(state, query);
        if failed {
            next.failed.insert(query.order);
        }
        steps.fleet(next, || {
            format!("the ticket of order {} has failed: {failed}", query.order)
        });
        return;
    }
    for order in state.told.iter() {
        let Some(mut next) = spend(state, Event::Query) else {
            return;
        };
        let epoch_first = protocol.on(TicketEpochFirst);
        let epoch = epoch_first.then_some(state.epoch());
        if epoch_first || state.rows[order] == Row::None {
            next.query = Some(Query { order, epoch });
            let what = if epoch_first { "the epoch" } else { "no row" };
            steps.world(next, || {
                format!("the ticket of order {order} is asked about: {what}")
            });
        }
    }
}

fn has_failed(state: &State, query: Query) -> bool {
    let reserved = state.reserved[query.order].map_or(0, |one| one.epoch);
    match query.epoch {
        Some(epoch) => state.rows[query.order] == Row::None && reserved < epoch,
        None => reserved < state.epoch(),
    }
}
