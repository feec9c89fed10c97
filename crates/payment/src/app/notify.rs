use db::Tx;

use super::{App, record::Noted};
use crate::{
    domain::RefundState,
    error::Error,
    metrics::{Alarm, alarm, notified},
    provider::wechat::{About, Notice, PaymentNotice, RefundNotice},
    store::Received,
};

/// What a notification did, as the inbox keeps it.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Noted(&'static str),
    Alarm(Alarm),
    /// An event that we do not know, kept for whoever wants to.
    Ignored,
    /// It came before.
    Duplicate,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Noted(name) => name,
            Self::Alarm(alarm) => alarm.name(),
            Self::Ignored => "ignored",
            Self::Duplicate => "duplicate",
        }
    }
}

impl App {
    /// Takes a notification as it came. `Ok` only once what it says is durable: the company repeats
    /// it until then.
    pub(crate) async fn notify(
        &self,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), Error> {
        let notice = match self.wechat()?.read(headers, body) {
            Ok(notice) => notice,
            Err(error) => {
                match &error {
                    Error::Forged(_) => notified("forged"),
                    Error::Undecryptable(_) => alarm(Alarm::Undecryptable, ""),
                    _ => notified("unreadable"),
                }
                return Err(error);
            }
        };
        may_die!("notify.after_verify");
        let outcome = self.keep_notice(&notice, body).await?;
        may_die!("notify.after_commit");
        self.wake.now();
        notified(outcome.name());
        if let Outcome::Alarm(kind) = outcome {
            alarm(kind, notice.about.number());
        }
        Ok(())
    }

    /// The inbox row and its effect commit together.
    async fn keep_notice(&self, notice: &Notice, body: &[u8]) -> Result<Outcome, Error> {
        let now_ms = self.clock.now_ms();
        let store = &self.store;
        let done = db::transact!(store.pool(), "payment.notify", async |tx| {
            let outcome = match &notice.about {
                About::Payment(payment) => self.note_payment(tx, payment, now_ms).await?,
                About::Refund(refund) => self.note_refund_notice(tx, refund, now_ms).await?,
                About::Other => Outcome::Ignored,
            };
            let received = Received {
                provider: "wechat",
                id: &notice.id,
                event_type: &notice.event_type,
                subject_no: notice.about.number(),
                outcome: outcome.name(),
                headers: &notice.headers,
                body,
                at_ms: now_ms,
            };
            let new = store.insert_notification(tx, &received).await?;
            may_die!("notify.before_commit" as Undone);
            // Its effect is committed already: what was done here is undone.
            if new {
                Ok(outcome)
            } else {
                Err(Undone::Duplicate)
            }
        })
        .await;
        match done {
            Ok(outcome) => Ok(outcome),
            Err(Undone::Duplicate) => Ok(Outcome::Duplicate),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    async fn note_payment(
        &self,
        tx: &mut Tx<'_>,
        notice: &PaymentNotice,
        now_ms: i64,
    ) -> Result<Outcome, Error> {
        if !notice.ours {
            return Ok(Outcome::Alarm(Alarm::ForeignMerchant));
        }
        let payment = match notice.number.parse() {
            Ok(no) => self.store.lock_payment(tx, no).await?,
            Err(_) => None,
        };
        let Some(payment) = payment else {
            return Ok(Outcome::Alarm(Alarm::UnknownNumber));
        };
        let noted = self.note(tx, payment, &notice.seen, now_ms).await?;
        Ok(match noted {
            Noted::Mismatch(_, mismatch) => Outcome::Alarm(Alarm::Mismatch(mismatch)),
            noted @ (Noted::Known(_) | Noted::Paid(_) | Noted::Closed(_)) => {
                Outcome::Noted(noted.name())
            }
        })
    }

    async fn note_refund_notice(
        &self,
        tx: &mut Tx<'_>,
        notice: &RefundNotice,
        now_ms: i64,
    ) -> Result<Outcome, Error> {
        if !notice.ours {
            return Ok(Outcome::Alarm(Alarm::ForeignMerchant));
        }
        let Ok(no) = notice.number.parse() else {
            return Ok(Outcome::Alarm(Alarm::UnknownNumber));
        };
        // The payment's row guards its refund: locked first, then read again.
        let Some(found) = self.store.refund_in(tx, no).await? else {
            return Ok(Outcome::Alarm(Alarm::UnknownNumber));
        };
        let payment = self.store.lock_payment(tx, found.payment_no).await?;
        let refund = self.store.refund_in(tx, no).await?;
        let (Some(payment), Some(refund)) = (payment, refund) else {
            return Ok(Outcome::Alarm(Alarm::UnknownNumber));
        };
        if notice.answer.amount_fen != refund.amount.fen() {
            return Ok(Outcome::Alarm(Alarm::RefundAmount));
        }
        let id = Some(notice.answer.provider_id.as_str());
        let seen = (id, &notice.answer.seen);
        let (refund, moved) = self.note_refund(tx, payment, refund, seen, now_ms).await?;
        Ok(match (&refund.state, moved) {
            (RefundState::Abnormal, true) => Outcome::Alarm(Alarm::RefundAbnormal),
            (_, true) => Outcome::Noted("refunded"),
            (_, false) => Outcome::Noted("known"),
        })
    }
}

/// Why the transaction was rolled back.
#[derive(Debug)]
enum Undone {
    Duplicate,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl db::Retryable for Undone {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Duplicate => None,
            Self::Failed(error) => error.sqlx(),
        }
    }
}
