//! What payment tells us.

use std::sync::Arc;

use futures_util::future::join_all;
use ids::OrderId;
use money::Money;
use mq::{Delivery, Verdict};
use proto::order::{PaymentClosed, PaymentPaid, PaymentRefunded};
use tracing::{Instrument, Span, info_span};

use crate::{
    Error,
    app::{App, Handled, Received},
    domain::{Payment, PaymentNo},
    metrics::Alarm,
};

/// What handles one kind of message.
#[derive(Clone)]
pub(super) struct Payments {
    app: Arc<App>,
}

impl Payments {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    pub(super) async fn paid(self, deliveries: Vec<Delivery<PaymentPaid>>) -> Vec<Verdict> {
        join_all(deliveries.into_iter().map(|delivery| {
            let span = span("order.payment_paid", delivery.trace_parent.as_deref());
            self.clone().paid_one(delivery).instrument(span)
        }))
        .await
    }

    async fn paid_one(self, delivery: Delivery<PaymentPaid>) -> Verdict {
        let message = &delivery.message;
        let (Ok(order), Some(no), Ok(amount)) = (
            OrderId::try_from(message.order_id),
            PaymentNo::parse(&message.payment_no),
            Money::from_fen(message.amount_fen),
        ) else {
            return malformed();
        };
        let payment = Payment {
            no,
            at_ms: message.paid_at_ms,
        };
        let received = Received {
            message: delivery.id,
            order,
            payment,
            amount,
        };
        verdict(self.app.payment_paid(&received).await)
    }

    pub(super) async fn closed(self, deliveries: Vec<Delivery<PaymentClosed>>) -> Vec<Verdict> {
        join_all(deliveries.into_iter().map(|delivery| {
            let span = span("order.payment_closed", delivery.trace_parent.as_deref());
            self.clone().closed_one(delivery.message).instrument(span)
        }))
        .await
    }

    async fn closed_one(self, message: PaymentClosed) -> Verdict {
        let Ok(order) = OrderId::try_from(message.order_id) else {
            return malformed();
        };
        verdict(self.app.payment_closed(order).await)
    }

    pub(super) async fn refunded(self, deliveries: Vec<Delivery<PaymentRefunded>>) -> Vec<Verdict> {
        join_all(deliveries.into_iter().map(|delivery| {
            let span = span("order.payment_refunded", delivery.trace_parent.as_deref());
            self.clone().refunded_one(delivery.message).instrument(span)
        }))
        .await
    }

    async fn refunded_one(self, message: PaymentRefunded) -> Verdict {
        let (Ok(order), Some(payment)) = (
            OrderId::try_from(message.order_id),
            PaymentNo::parse(&message.payment_no),
        ) else {
            return malformed();
        };
        verdict(self.app.payment_refunded(order, &payment).await)
    }
}

fn verdict(handled: Result<Handled, Error>) -> Verdict {
    match handled {
        Ok(Handled::Done) => Verdict::Done,
        Ok(Handled::Dead(why)) => Verdict::Dead(why.to_owned()),
        Err(error) if error.is_away() => Verdict::Hold(fault::chain(&error)),
        Err(error) => Verdict::Retry(fault::chain(&error)),
    }
}

fn malformed() -> Verdict {
    Alarm::Malformed.raise();
    Verdict::Dead("unreadable".to_owned())
}

fn span(name: &'static str, trace_parent: Option<&str>) -> Span {
    let span = info_span!("order.event", otel.name = name);
    if let Some(parent) = trace_parent {
        trace::set_parent(&span, parent);
    }
    span
}
