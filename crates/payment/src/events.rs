//! Message → verb.
//!
//! | queue                     | verb            |
//! |---------------------------|-----------------|
//! | payment.order_closing.v1  | subject_closing |
//! | payment.job_closing.v1    | subject_closing |
//! | payment.refund_due.v1     | refund_due      |
//! | payment.job_refund_due.v1 | refund_due      |

use std::{sync::Arc, time::Duration};

use ids::{OrderNo, UserId};
use money::Money;
use mq::{Broker, ConsumerOptions, Message, Verdict};
use proto::payment::{JobClosing, JobRefundDue, OrderClosing, RefundDue};
use uuid::Uuid;

use crate::{
    app::{App, ClosingSubject, DueRefund, Taken},
    domain::{Bill, Subject},
    error::Error,
    purposes::Purpose,
};

const OPTIONS: ConsumerOptions = ConsumerOptions {
    prefetch: 64,
    batch_max: 16,
    batch_wait: Duration::ZERO,
};

pub(crate) fn start(app: &Arc<App>, broker: &Broker) {
    let room = Room {
        app: Arc::clone(app),
    };
    room.consume(broker, order_closing);
    room.consume(broker, job_closing);
    room.consume(broker, |due: &RefundDue| {
        refund(&due.payment_no, &due.order_no, &due.reason)
    });
    room.consume(broker, |due: &JobRefundDue| {
        refund(&due.payment_no, &due.job_id, &due.reason)
    });
}

/// What a message asks for.
enum Asked {
    Closing(ClosingSubject),
    Refund(DueRefund),
}

fn order_closing(message: &OrderClosing) -> Option<Asked> {
    let no: OrderNo = message.order_no.parse().ok()?;
    if no.id().get() != message.order_id {
        return None;
    }
    Some(Asked::Closing(ClosingSubject {
        purpose: Purpose::Order,
        subject: Subject::order(no),
        bill: Bill {
            user: Some(UserId::try_from(message.user_id).ok()?),
            amount: Money::from_fen(message.amount_fen).ok()?,
            expires_at_ms: 0,
        },
    }))
}

fn job_closing(message: &JobClosing) -> Option<Asked> {
    Some(Asked::Closing(ClosingSubject {
        purpose: Purpose::CompareJob,
        subject: Subject::compare_job(&message.job_id)?,
        bill: Bill {
            user: UserId::try_from(message.user_id).ok(),
            amount: Money::from_fen(message.amount_fen).ok()?,
            expires_at_ms: 0,
        },
    }))
}

fn refund(payment_no: &str, subject: &str, reason: &str) -> Option<Asked> {
    Some(Asked::Refund(DueRefund {
        payment_no: payment_no.parse().ok()?,
        subject: subject.to_owned(),
        reason: reason.to_owned(),
    }))
}

#[derive(Clone)]
struct Room {
    app: Arc<App>,
}

impl Room {
    fn consume<M: Message + Send + Sync>(
        &self,
        broker: &Broker,
        read: impl Fn(&M) -> Option<Asked> + Clone + Send + Sync + 'static,
    ) {
        let room = self.clone();
        broker.consume::<M, _, _>(OPTIONS, move |deliveries| {
            let (room, read) = (room.clone(), read.clone());
            async move {
                let mut verdicts = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    verdicts.push(match read(&delivery.message) {
                        Some(asked) => room.settle(delivery.id, &asked).await,
                        None => Verdict::Dead("the message names nothing of ours".into()),
                    });
                }
                verdicts
            }
        });
    }

    /// While an engine is away the message is held instead of wandering through the retry queues.
    async fn settle(&self, id: Uuid, asked: &Asked) -> Verdict {
        match self.handle(id, asked).await {
            Ok(verdict) => verdict,
            Err(error) if error.is_outage() => Verdict::Hold(fault::chain(&error)),
            Err(error) => Verdict::Retry(fault::chain(&error)),
        }
    }

    async fn handle(&self, id: Uuid, asked: &Asked) -> Result<Verdict, Error> {
        match asked {
            Asked::Closing(closing) => {
                self.app.subject_closing(id, closing).await?;
                Ok(Verdict::Done)
            }
            Asked::Refund(due) => Ok(match self.app.refund_due(id, due).await? {
                Taken::Yes => Verdict::Done,
                Taken::Never(why) => Verdict::Dead(why.into()),
            }),
        }
    }
}
