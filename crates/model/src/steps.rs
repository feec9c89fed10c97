//! The steps of the protocol, one file each, and the faults.
//!
//! A function emits what its verb can do in a state, as one atomic step per script, message or
//! transaction. Where the code does less than the protocol allows (waits, polls, times out), the
//! model does it at any time.

mod audit;
mod cancel;
mod close;
mod detect;
mod edit;
mod end;
mod faults;
mod intent;
mod land;
mod pay;
mod publish;
mod rebuild;
mod relay;
mod release;
mod reserve;
mod stock;
mod ticket;

use crate::{checker::Steps, protocol::Protocol, state::State};

type Step = fn(&Protocol<'_>, &State, &mut Steps<State>);

/// By the protocol's numbers; 13, the warm-up, is 12 from epoch 0.
const ALL: [Step; 16] = [
    intent::intent,   // 1
    reserve::reserve, // 2
    publish::publish, // 3
    relay::relay,     // 4
    land::land,       // 5
    close::close,     // 6
    cancel::cancel,   // 7
    release::release, // 8
    pay::pay,         // 9
    ticket::query,    // 10
    detect::detect,   // 11
    audit::audit,     // 11
    rebuild::rebuild, // 12, edits (1) and the end (14)
    stock::return_stock,
    faults::redis,
    faults::processes,
];

pub(crate) fn all(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    for step in ALL {
        step(protocol, state, steps);
    }
}
