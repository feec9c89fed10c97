//! One step of locked orders, with all that it entails, in the caller's transaction.

use db::Tx;
use fail::fail_point;
use proto::{
    payment::{OrderClosing, RefundDue},
    product::StockReturned,
    seckill::Released,
};

use crate::{
    Error,
    domain::{Order, PaymentNo, Sale, State},
    store::{
        orders::{self, Change},
        sales::Locked,
        units,
    },
};

/// When the steps are taken, and when a closing order is looked at again.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub now_ms: i64,
    pub ask_at_ms: i64,
}

/// Takes steps of orders that the transaction has locked, after it locked their sales' rows shared: whatever frees
/// units says so with the epoch of those rows. A step to closing asks payment; a step to refunding tells it.
pub(super) async fn take(
    tx: &mut Tx<'_>,
    sales: &Locked,
    changes: &[Change],
    at: At,
) -> Result<(), Error> {
    orders::change(tx, changes, at.ask_at_ms).await?;
    fail_point!("close.after_cas", |_| Err(Error::Parameter("fail point")));
    let freed: Vec<&Order> = changes
        .iter()
        .filter(|change| change.order.state.is_live() && !change.next.is_live())
        .map(|change| &change.order)
        .collect();
    units::delete(tx, &freed).await?;
    let mut released = Vec::new();
    let mut returned = Vec::new();
    for order in freed {
        let sale = sales
            .get(&order.activity)
            .ok_or(Error::NoSale(order.activity))?;
        if sale.ended {
            returned.push(stock_returned(order));
        } else {
            released.push(release(order, sale));
        }
    }
    outbox::append_all(tx, &released, at.now_ms).await?;
    outbox::append_all(tx, &returned, at.now_ms).await?;

    let closing: Vec<_> = changes.iter().filter_map(ask).collect();
    outbox::append_all(tx, &closing, at.now_ms).await?;
    let due: Vec<_> = changes.iter().filter_map(refund).collect();
    outbox::append_all(tx, &due, at.now_ms).await?;
    Ok(())
}

/// What tells seckill that the slots of `order` are free, in the epoch of the locked row.
pub(super) fn release(order: &Order, sale: &Sale) -> Released {
    Released {
        activity_id: order.activity.get(),
        order_id: order.id.get(),
        user_id: order.user.get(),
        slots: order.units.slots(),
        epoch: sale.epoch.0,
    }
}

/// The end has counted this order's units as sold.
fn stock_returned(order: &Order) -> StockReturned {
    StockReturned {
        key: format!("order/{}", order.id),
        product_id: order.terms.product.get(),
        units: order.units.quantity().into(),
    }
}

fn ask(change: &Change) -> Option<OrderClosing> {
    let order = &change.order;
    match change.next {
        State::Closing { .. } => Some(OrderClosing {
            order_id: order.id.get(),
            order_no: order.no().to_string(),
            user_id: order.user.get(),
            amount_fen: order.total().map_or(0, money::Money::fen),
        }),
        State::Pending { .. }
        | State::Paid { .. }
        | State::Closed { .. }
        | State::Refused { .. }
        | State::Refunding { .. }
        | State::Refunded { .. } => None,
    }
}

fn refund(change: &Change) -> Option<RefundDue> {
    match &change.next {
        State::Refunding { payment } => Some(refund_due(&change.order, &payment.no, "商家退款")),
        State::Pending { .. }
        | State::Closing { .. }
        | State::Paid { .. }
        | State::Closed { .. }
        | State::Refused { .. }
        | State::Refunded { .. } => None,
    }
}

pub(super) fn refund_due(order: &Order, payment: &PaymentNo, reason: &str) -> RefundDue {
    RefundDue {
        order_id: order.id.get(),
        order_no: order.no().to_string(),
        payment_no: payment.as_str().to_owned(),
        reason: reason.to_owned(),
    }
}
