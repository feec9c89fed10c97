//! Message → verb.
//!
//! | message | verb | dead |
//! |---|---|---|
//! | `PaymentPaid` | `payment_paid` | unreadable; no such job; another amount |
//! | `PaymentClosed` | `payment_closed` | unreadable; no such job |
//! | `PaymentRefunded` | logged: the job had ended before | – |
//!
//! While MySQL is away, handlers wait; every other failure is tried again. `Waiting` is the
//! workers' (`worker.rs`).

use std::{sync::Arc, time::Duration};

use money::Money;
use mq::{Broker, ConsumerOptions, Delivery, Message, Verdict};
use proto::compare::{PaymentClosed, PaymentPaid, PaymentRefunded};
use tracing::info;

use crate::{
    app::{App, Handled, Received},
    domain::Receipt,
    error::Error,
    metrics::Alarm,
};

/// Payments are few: whatever is there, a handful at once.
const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 16,
    batch_max: 4,
    batch_wait: Duration::ZERO,
};

pub(crate) fn start(broker: &Broker, app: &Arc<App>) {
    let room = Room {
        app: Arc::clone(app),
    };
    room.consume(broker, |delivery: &Delivery<PaymentPaid>| {
        let message = &delivery.message;
        Some(Told::Paid(Received {
            message: delivery.id,
            job: message.job_id.parse().ok()?,
            receipt: Receipt {
                payment_no: (!message.payment_no.is_empty()).then(|| message.payment_no.clone())?,
                at_ms: message.paid_at_ms,
            },
            amount: Money::from_fen(message.amount_fen).ok()?,
        }))
    });
    room.consume(broker, |delivery: &Delivery<PaymentClosed>| {
        Some(Told::Closed(delivery.message.job_id.parse().ok()?))
    });
    room.consume(broker, |delivery: &Delivery<PaymentRefunded>| {
        let message = delivery.message.clone();
        Some(Told::Refunded(message))
    });
}

/// What payment tells us.
enum Told {
    Paid(Received),
    Closed(crate::domain::JobName),
    Refunded(PaymentRefunded),
}

#[derive(Clone)]
struct Room {
    app: Arc<App>,
}

impl Room {
    fn consume<M: Message + Send + Sync>(
        &self,
        broker: &Broker,
        read: impl Fn(&Delivery<M>) -> Option<Told> + Clone + Send + Sync + 'static,
    ) {
        let room = self.clone();
        broker.consume::<M, _, _>(OPTIONS, move |deliveries| {
            let (room, read) = (room.clone(), read.clone());
            async move {
                let mut verdicts = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    verdicts.push(match read(&delivery) {
                        Some(told) => room.settle(&told).await,
                        None => {
                            Alarm::Malformed.raise();
                            Verdict::Dead("unreadable".to_owned())
                        }
                    });
                }
                verdicts
            }
        });
    }

    async fn settle(&self, told: &Told) -> Verdict {
        match self.handle(told).await {
            Ok(Handled::Done) => Verdict::Done,
            Ok(Handled::Dead(why)) => Verdict::Dead(why.to_owned()),
            Err(error) if error.is_away() => Verdict::Hold(fault::chain(&error)),
            Err(error) => Verdict::Retry(fault::chain(&error)),
        }
    }

    async fn handle(&self, told: &Told) -> Result<Handled, Error> {
        match told {
            Told::Paid(received) => self.app.payment_paid(received).await,
            Told::Closed(job) => self.app.payment_closed(job).await,
            Told::Refunded(refunded) => {
                info!(
                    job.id = refunded.job_id,
                    payment.no = refunded.payment_no,
                    "the money for a job that had ended is back"
                );
                Ok(Handled::Done)
            }
        }
    }
}
