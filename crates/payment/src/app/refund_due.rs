use db::Tx;
use ids::{PaymentNo, RefundId};
use uuid::Uuid;

use super::{App, journals};
use crate::{
    domain::{Channel, Payment, Refund, RefundState, State},
    error::Error,
    ledger::Posted,
    metrics::{Alarm, alarm},
    purposes,
};

/// The key of the refund that gives back whatever is left.
const ALL: &str = "all";

/// Money that has to go back in full.
#[derive(Debug)]
pub(crate) struct DueRefund {
    pub payment_no: PaymentNo,
    /// What was paid for.
    pub subject: String,
    pub reason: String,
}

/// What became of the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// It can never be done: there is no such payment, or no money came in.
    Never(&'static str),
}

impl App {
    /// Reserves the money and leaves the sending to a job. Once per payment, however often it is
    /// asked.
    pub(crate) async fn refund_due(&self, id: Uuid, due: &DueRefund) -> Result<Taken, Error> {
        let number = self.numbers.refund().await?;
        let pool = self.store.pool();
        let taken = db::transact!(pool, "payment.refund_due", async |tx| {
            let taken = self.take_refund(tx, id, number, due).await?;
            may_die!("refund_due.before_commit");
            Ok::<_, Error>(taken)
        })
        .await?;
        may_die!("refund_due.after_commit");
        self.wake.now();
        if taken != Taken::Yes {
            alarm(Alarm::RefundOfUnpaid, &due.payment_no.to_string());
        }
        Ok(taken)
    }

    async fn take_refund(
        &self,
        tx: &mut Tx<'_>,
        id: Uuid,
        number: RefundId,
        due: &DueRefund,
    ) -> Result<Taken, Error> {
        let now_ms = self.clock.now_ms();
        let payment = self.store.lock_payment(tx, due.payment_no).await?;
        let Some(payment) = payment.filter(|payment| payment.subject.name == due.subject) else {
            return Ok(Taken::Never("it has no such payment"));
        };
        if !outbox::first_time(tx, "refund_due", id, now_ms).await? {
            return Ok(Taken::Yes);
        }
        match payment.state {
            State::Paid(_) => {
                let rest = payment.refundable();
                let refund = Refund::new(number, &payment, rest, &due.reason, now_ms);
                let key = (ALL, now_ms);
                self.start_refund(tx, payment, refund, key).await?;
                Ok(Taken::Yes)
            }
            State::Refunding(_) => Ok(Taken::Yes),
            State::Refunded(_) => {
                let refund = self.store.refund_of_in(tx, payment.no).await?;
                let refund = refund.ok_or_else(|| Error::NotFound(payment.no.to_string()))?;
                purposes::announce_refunded(tx, &payment, &refund, now_ms).await?;
                Ok(Taken::Yes)
            }
            State::Opening | State::Pending(_) | State::Closing | State::Closed { .. } => {
                Ok(Taken::Never("no money came in"))
            }
        }
    }

    /// Reserves the refund's amount in the payment's row, which the caller holds, and in the ledger.
    pub(super) async fn start_refund(
        &self,
        tx: &mut Tx<'_>,
        payment: Payment,
        mut refund: Refund,
        (key, now_ms): (&str, i64),
    ) -> Result<Refund, Error> {
        let from = payment.state.clone();
        let reserved = payment.clone().start_refund(refund.amount)?;
        let moved = match payment.channel {
            Channel::WechatNative => {
                refund.request = Some(self.wechat()?.refunding(&payment, &refund));
                reserved
            }
            // No company has the money: it is back at once.
            Channel::Wallet | Channel::Mock | Channel::None => {
                refund.state = RefundState::Succeeded { at_ms: now_ms };
                reserved.finish_refund(refund.amount)?
            }
        };
        self.store.move_payment(tx, &from, &moved, now_ms).await?;
        self.store.insert_refund(tx, &refund, key).await?;
        if matches!(refund.state, RefundState::Succeeded { .. }) {
            announce_if_whole(tx, &moved, &refund, now_ms).await?;
        }
        let journal = journals::refund(&moved, &refund)?;
        match self.ledger.post(tx, &journal, now_ms).await? {
            Posted::Done | Posted::Repeated => Ok(refund),
            // Of a top-up that was spent.
            Posted::TooLittle(_) => Err(Error::BalanceTooLittle),
            Posted::KeyReused | Posted::TooLarge => Err(Error::Ledger("a refund cannot be booked")),
        }
    }
}

/// What was paid for hears of it once all of the money is back.
pub(super) async fn announce_if_whole(
    tx: &mut Tx<'_>,
    payment: &Payment,
    refund: &Refund,
    now_ms: i64,
) -> Result<(), Error> {
    match payment.state {
        State::Refunded(_) => purposes::announce_refunded(tx, payment, refund, now_ms).await,
        State::Opening
        | State::Pending(_)
        | State::Closing
        | State::Closed { .. }
        | State::Paid(_)
        | State::Refunding(_) => Ok(()),
    }
}
