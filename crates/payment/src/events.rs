//! Message → verb.
//!
//! | queue                    | verb          |
//! |--------------------------|---------------|
//! | payment.order_closing.v1 | order_closing |
//! | payment.refund_due.v1    | refund_due    |

use std::{sync::Arc, time::Duration};

use ids::{OrderNo, UserId};
use money::Money;
use mq::{Broker, ConsumerOptions, Delivery, Verdict};
use proto::payment::{OrderClosing, RefundDue};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{App, ClosingOrder, DueRefund, Taken},
    error::Error,
};

const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 64,
    batch_max: 16,
    batch_wait: Duration::ZERO,
};

pub(crate) fn start(app: &Arc<App>, broker: &Broker, stop: &CancellationToken) {
    let (closing, due) = (Room::new(app, stop), Room::new(app, stop));
    broker.consume::<OrderClosing, _, _>(OPTIONS, move |deliveries| {
        let room = closing.clone();
        async move {
            let mut verdicts = Vec::with_capacity(deliveries.len());
            for delivery in &deliveries {
                verdicts.push(room.settle(|| order_closing(&room.app, delivery)).await);
            }
            verdicts
        }
    });
    broker.consume::<RefundDue, _, _>(OPTIONS, move |deliveries| {
        let room = due.clone();
        async move {
            let mut verdicts = Vec::with_capacity(deliveries.len());
            for delivery in &deliveries {
                verdicts.push(room.settle(|| refund_due(&room.app, delivery)).await);
            }
            verdicts
        }
    });
}

async fn order_closing(app: &App, delivery: &Delivery<OrderClosing>) -> Result<Verdict, Error> {
    let Some(order) = closing_order(&delivery.message) else {
        return Ok(Verdict::Dead("the message names no order".into()));
    };
    app.order_closing(delivery.id, order).await?;
    Ok(Verdict::Done)
}

async fn refund_due(app: &App, delivery: &Delivery<RefundDue>) -> Result<Verdict, Error> {
    let RefundDue {
        order_no,
        payment_no,
        reason,
        ..
    } = &delivery.message;
    let Ok(payment_no) = payment_no.parse() else {
        return Ok(Verdict::Dead("the message names no payment".into()));
    };
    let due = DueRefund {
        payment_no,
        order_no: order_no.clone(),
        reason: reason.clone(),
    };
    Ok(match app.refund_due(delivery.id, due).await? {
        Taken::Yes => Verdict::Done,
        Taken::Never(why) => Verdict::Dead(why.into()),
    })
}

fn closing_order(message: &OrderClosing) -> Option<ClosingOrder> {
    let no: OrderNo = message.order_no.parse().ok()?;
    if no.id().get() != message.order_id {
        return None;
    }
    Some(ClosingOrder {
        no,
        user: UserId::try_from(message.user_id).ok()?,
        amount: Money::from_fen(message.amount_fen).ok()?,
    })
}

#[derive(Clone)]
struct Room {
    app: Arc<App>,
    stop: CancellationToken,
}

impl Room {
    fn new(app: &Arc<App>, stop: &CancellationToken) -> Self {
        Self {
            app: Arc::clone(app),
            stop: stop.clone(),
        }
    }

    /// While an engine is away the message waits here instead of wandering through the retry
    /// queues.
    async fn settle<F>(&self, verb: impl Fn() -> F) -> Verdict
    where
        F: Future<Output = Result<Verdict, Error>>,
    {
        loop {
            match verb().await {
                Ok(verdict) => return verdict,
                Err(error) if error.is_outage() && mq::pause(&self.stop).await => {}
                Err(error) => return Verdict::Retry(fault::chain(&error)),
            }
        }
    }
}
