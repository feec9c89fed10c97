//! A payment came in.

use db::Tx;
use ids::OrderId;
use money::Money;
use tracing::{error, warn};
use uuid::Uuid;

use super::{App, Handled, retail, step};
use crate::{
    Error,
    domain::{Order, Paying, Payment},
    metrics::Alarm,
    store::{
        orders::{self, Change},
        payments,
    },
};

/// Money that payment has received.
#[derive(Debug, Clone)]
pub struct Received {
    /// The message that says so.
    pub message: Uuid,
    pub order: OrderId,
    pub payment: Payment,
    pub amount: Money,
}

impl App {
    /// Accepts the payment, or sends it back in the same transaction. It frees nothing, so no sale is locked.
    pub async fn payment_paid(&self, received: &Received) -> Result<Handled, Error> {
        let now_ms = self.now_ms();
        let at = step::At {
            now_ms,
            ask_at_ms: self.ask_at_ms(now_ms),
        };
        let handled = db::transact!(&self.pool, "order.payment_paid", async |tx: &mut Tx<'_>| {
            pay(tx, received, at).await
        })
        .await?;
        self.wake.now();
        Ok(handled)
    }
}

async fn pay(tx: &mut Tx<'_>, received: &Received, at: step::At) -> Result<Handled, Error> {
    let id = received.order;
    let now_ms = at.now_ms;
    let Some(order) = orders::lock(tx, id).await? else {
        if let Some(handled) = retail::pay(tx, received, at).await? {
            return Ok(handled);
        }
        Alarm::NoOrder.raise();
        error!(
            order.id = id.get(),
            "a payment for an order that does not exist"
        );
        return Ok(Handled::Dead("no such order"));
    };
    let paying = order
        .state
        .clone()
        .pay(received.payment.clone(), received.amount, order.total());
    match paying {
        Paying::Known => Ok(Handled::Done),
        Paying::Accepted(next) => {
            if !payments::insert(tx, &received.payment.no, id).await? {
                Alarm::PaymentReused.raise();
                error!(order.id = id.get(), "a payment that has paid another order");
                return Ok(Handled::Dead("the payment has paid another order"));
            }
            orders::change(tx, &[Change { order, next }], 0).await?;
            Ok(Handled::Done)
        }
        Paying::Refund(reason) => {
            warn!(
                order.id = id.get(),
                "a payment that cannot be accepted goes back"
            );
            give_back(tx, received, &order, reason, now_ms).await?;
            Ok(Handled::Done)
        }
        Paying::WrongAmount => {
            Alarm::WrongAmount.raise();
            error!(
                order.id = id.get(),
                payment.amount_fen = received.amount.fen(),
                order.total_fen = order.total().map(Money::fen),
                "a payment of another amount than its order's goes back"
            );
            give_back(tx, received, &order, "付款金额不符，付款退回", now_ms).await?;
            Ok(Handled::Dead("another amount than the order's"))
        }
    }
}

/// Once per message; payment refunds a payment once, however often it is told.
async fn give_back(
    tx: &mut Tx<'_>,
    received: &Received,
    order: &Order,
    reason: &str,
    now_ms: i64,
) -> Result<(), Error> {
    const CONSUMER: &str = "order.payment_paid";
    if outbox::first_time(tx, CONSUMER, received.message, now_ms).await? {
        let due = step::refund_due(order, &received.payment.no, reason);
        outbox::append(tx, &due, now_ms).await?;
    }
    Ok(())
}
