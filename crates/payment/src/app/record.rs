use db::Tx;
use ids::PaymentNo;

use super::{App, journals, refund_due::announce_if_whole};
use crate::{
    domain::{Mismatch, Payment, Receipt, Refund, RefundSeen, RefundState, Seen, Verdict},
    error::Error,
    metrics::{Alarm, alarm},
    purposes,
};

/// What an observation did.
#[derive(Debug)]
pub(super) enum Noted {
    /// Nothing new.
    Known(Payment),
    Paid(Payment),
    Closed(Payment),
    /// It stays as it was, and a person has to look.
    Mismatch(Payment, Mismatch),
}

impl Noted {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Paid(_) => "paid",
            Self::Closed(_) => "closed",
            Self::Mismatch(_, mismatch) => mismatch.name(),
        }
    }

    fn into_payment(self) -> Payment {
        match self {
            Self::Known(payment)
            | Self::Paid(payment)
            | Self::Closed(payment)
            | Self::Mismatch(payment, _) => payment,
        }
    }
}

impl App {
    /// Records what the company said about a payment, and answers how it stands now.
    pub(crate) async fn record(&self, no: PaymentNo, seen: &Seen) -> Result<Payment, Error> {
        let now_ms = self.clock.now_ms();
        let store = &self.store;
        let noted = db::transact!(store.pool(), "payment.record", async |tx| {
            let payment = store.lock_payment(tx, no).await?;
            let payment = payment.ok_or_else(|| Error::NotFound(no.to_string()))?;
            let noted = self.note(tx, payment, seen, now_ms).await?;
            may_die!("record.before_commit");
            Ok::<_, Error>(noted)
        })
        .await?;
        may_die!("record.after_commit");
        self.wake.now();
        if let Noted::Mismatch(payment, mismatch) = &noted {
            alarm(Alarm::Mismatch(*mismatch), &payment.no.to_string());
        }
        Ok(noted.into_payment())
    }

    /// Records what the company said about a refund, and answers how it stands now.
    pub(crate) async fn record_refund(
        &self,
        refund: &Refund,
        provider_id: Option<&str>,
        seen: &RefundSeen,
    ) -> Result<Refund, Error> {
        let now_ms = self.clock.now_ms();
        let store = &self.store;
        let (refund, moved) = db::transact!(store.pool(), "payment.record_refund", async |tx| {
            let payment = store.lock_payment(tx, refund.payment_no).await?;
            let current = store.refund_in(tx, refund.no).await?;
            let (Some(payment), Some(current)) = (payment, current) else {
                return Err(Error::NotFound(refund.no.to_string()));
            };
            let done = self.note_refund(tx, payment, current, (provider_id, seen), now_ms);
            let done = done.await?;
            may_die!("record_refund.before_commit");
            Ok::<_, Error>(done)
        })
        .await?;
        may_die!("record_refund.after_commit");
        self.wake.now();
        if moved && refund.state == RefundState::Abnormal {
            alarm(Alarm::RefundAbnormal, &refund.no.to_string());
        }
        Ok(refund)
    }

    /// The caller holds the payment's row.
    pub(super) async fn note(
        &self,
        tx: &mut Tx<'_>,
        payment: Payment,
        seen: &Seen,
        now_ms: i64,
    ) -> Result<Noted, Error> {
        match payment.judge(seen) {
            Verdict::Nothing => Ok(Noted::Known(payment)),
            Verdict::Mismatch(mismatch) => Ok(Noted::Mismatch(payment, mismatch)),
            Verdict::Paid(receipt) => self.note_paid(tx, payment, receipt, now_ms).await,
            Verdict::Closed => {
                let from = payment.state.clone();
                let closed = payment.close(now_ms)?;
                self.store.move_payment(tx, &from, &closed, now_ms).await?;
                may_die!("closed.before_outbox");
                if closed.barred {
                    let (purpose, subject) = (closed.purpose, &closed.subject);
                    purposes::announce_closed(tx, purpose, subject, Some(closed.no), now_ms)
                        .await?;
                }
                Ok(Noted::Closed(closed))
            }
        }
    }

    async fn note_paid(
        &self,
        tx: &mut Tx<'_>,
        payment: Payment,
        receipt: Receipt,
        now_ms: i64,
    ) -> Result<Noted, Error> {
        let from = payment.state.clone();
        let paid = payment.clone().pay(receipt.clone())?;
        if !self.store.move_payment(tx, &from, &paid, now_ms).await? {
            return Ok(Noted::Mismatch(payment, Mismatch::Reused));
        }
        may_die!("paid.before_outbox");
        purposes::announce_paid(tx, &paid, &receipt, now_ms).await?;
        let journal = journals::paid(&paid)?;
        self.ledger.must_post(tx, &journal, now_ms).await?;
        Ok(Noted::Paid(paid))
    }

    /// The caller holds the payment's row. Answers the refund and whether it moved.
    pub(super) async fn note_refund(
        &self,
        tx: &mut Tx<'_>,
        payment: Payment,
        refund: Refund,
        (provider_id, seen): (Option<&str>, &RefundSeen),
        now_ms: i64,
    ) -> Result<(Refund, bool), Error> {
        let Some(state) = refund.after(seen) else {
            return Ok((refund, false));
        };
        let from = refund.state.clone();
        let moved = Refund {
            state,
            provider_id: provider_id.map(str::to_owned).or(refund.provider_id),
            ..refund
        };
        self.store.move_refund(tx, &from, &moved, now_ms).await?;
        if matches!(moved.state, RefundState::Succeeded { .. }) {
            let from = payment.state.clone();
            let refunded = payment.finish_refund(moved.amount)?;
            self.store
                .move_payment(tx, &from, &refunded, now_ms)
                .await?;
            may_die!("refunded.before_outbox");
            announce_if_whole(tx, &refunded, &moved, now_ms).await?;
            let journal = journals::refunded(&refunded, &moved)?;
            self.ledger.must_post(tx, &journal, now_ms).await?;
        }
        Ok((moved, true))
    }
}
