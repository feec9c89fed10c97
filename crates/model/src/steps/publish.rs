//! Step 3. Message, confirm, 202; the entry goes after the confirm. Without a confirm the buyer is
//! not told, and the entry stays.
//!
//! Code: seckill/src/app/reserve.rs (accept), app/hand_off.rs.

use crate::{
    checker::Steps,
    guards::Guard::{AwaitConfirm, EntryByOrder},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{Set, State},
};

pub(crate) fn publish(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for order in state.publishing.iter() {
        let mut sent = *state;
        sent.publishing.remove(order);
        if let Some(mut next) = spend(&sent, Event::AnswerLost) {
            if !protocol.on(AwaitConfirm) {
                forget(protocol, &mut next, order);
                next.told.insert(order);
            }
            steps.world(next, || format!("the message of order {order} is lost"));
        }
        if let Some(next) = spend(&sent, Event::Crash) {
            steps.world(next, || format!("the publisher of order {order} dies"));
        }
        sent.confirming.insert(order);
        sent.queue[order] += 1;
        sent.published.insert(order);
        steps.fleet(sent, || format!("publish order {order}"));
    }
    for order in state.confirming.iter() {
        let mut heard = *state;
        heard.confirming.remove(order);
        if let Some(next) = spend(&heard, Event::AnswerLost) {
            steps.world(next, || format!("the confirm of order {order} is lost"));
        }
        heard.told.insert(order);
        if let Some(next) = spend(&heard, Event::Crash) {
            steps.world(next, || {
                format!("order {order} is told 202, its entry stays")
            });
        }
        forget(protocol, &mut heard, order);
        steps.fleet(heard, || {
            format!("order {order} is confirmed: 202, its entry goes")
        });
    }
}

fn forget(protocol: &Protocol<'_>, state: &mut State, order: u8) {
    if protocol.on(EntryByOrder) {
        state.redis.unsent.remove(order);
    } else {
        state.redis.unsent = Set::default();
    }
}
