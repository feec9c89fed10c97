//! Step 4. Any replica publishes what has been in unsent for a while, unchanged, with the epoch
//! that it carries, also while the sale is paused or over.
//!
//! Code: seckill/src/app/relay.rs.

use crate::{checker::Steps, guards::Guard::Relay, protocol::Protocol, state::State};

pub(crate) fn relay(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let in_hands = state.publishing.or(state.confirming);
    for order in state
        .redis
        .unsent
        .iter()
        .filter(|order| !in_hands.has(*order))
    {
        if protocol.on(Relay) {
            let mut next = *state;
            next.publishing.insert(order);
            steps.fleet(next, || format!("relay order {order}"));
        }
    }
}
