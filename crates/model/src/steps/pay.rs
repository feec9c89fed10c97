//! Step 9. A payment turns a pending or closing order to paid, by compare and set; any other money
//! goes back. The same payment again changes nothing. A rebuild touches no order and no payment.
//!
//! Code: order/src/app/payment_paid.rs.

use crate::{
    checker::Steps,
    guards::Guard::{PaySwap, PaymentKey},
    protocol::{Protocol, spend},
    scopes::Event,
    state::{PAYMENTS, Payment, Row, State},
};

pub(crate) fn pay(protocol: &Protocol<'_>, state: &State, steps: &mut Steps<State>) {
    let unused = (0..PAYMENTS as u8).find(|one| state.payments[*one] == Payment::None);
    for (order, _) in state
        .orders()
        .filter(|(order, _)| state.rows[*order] == Row::Pending)
    {
        if let (Some(payment), Some(mut next)) = (unused, spend(state, Event::Pay)) {
            next.payments[payment] = Payment::Arriving(order);
            steps.world(next, || {
                format!("payment {payment} of order {order} is made")
            });
        }
    }
    for payment in 0..PAYMENTS as u8 {
        match state.payments[payment] {
            Payment::Arriving(order) => {
                let next = arrive(protocol, *state, payment, order);
                let came = next.payments[payment];
                steps.fleet(next, || format!("payment {payment} arrives: {came:?}"));
            }
            Payment::Kept(order) => {
                if let Some(mut next) = spend(state, Event::Redelivery) {
                    if !protocol.on(PaymentKey) {
                        next = arrive(protocol, next, payment, order);
                    }
                    steps.world(next, || format!("payment {payment} arrives again"));
                }
            }
            Payment::None | Payment::Refunded(_) => {}
        }
    }
}

fn arrive(protocol: &Protocol<'_>, mut next: State, payment: u8, order: u8) -> State {
    let payable = matches!(next.rows[order], Row::Pending | Row::Closing);
    next.payments[payment] = if payable || !protocol.on(PaySwap) {
        next.rows[order] = Row::Paid;
        Payment::Kept(order)
    } else {
        Payment::Refunded(order)
    };
    next
}
