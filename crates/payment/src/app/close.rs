use auth::Principal;
use db::Tx;
use ids::PaymentNo;

use super::{App, View};
use crate::{
    domain::{Closing, Payment, Seen, State},
    error::Error,
    provider::{Failure, Refusal},
};

impl App {
    /// Closes an unpaid payment for its owner. Still closing when the provider could not be asked:
    /// a job goes on with it.
    pub(crate) async fn close(&self, principal: &Principal, no: PaymentNo) -> Result<View, Error> {
        self.owned_payment(principal, no).await?;
        let payment = self.close_for_payer(no).await?;
        if payment.state.receipt().is_some() {
            return Err(Error::CloseOfPaid(no));
        }
        self.view(payment).await
    }

    /// As far as it comes: closed, paid, or still closing.
    pub(super) async fn close_for_payer(&self, no: PaymentNo) -> Result<Payment, Error> {
        let pool = self.store.pool();
        let payment = db::transact!(pool, "payment.start_closing", async |tx| {
            self.start_closing(tx, no).await
        })
        .await?;
        if payment.state != State::Closing {
            return Ok(payment);
        }
        may_die!("close.after_mark");
        match self.finish_closing(payment.clone()).await {
            Err(Error::NotKnown { .. }) => Ok(payment),
            done => done,
        }
    }

    async fn start_closing(&self, tx: &mut Tx<'_>, no: PaymentNo) -> Result<Payment, Error> {
        let payment = self.store.lock_payment(tx, no).await?;
        let payment = payment.ok_or_else(|| Error::NotFound(no.to_string()))?;
        let from = payment.state.clone();
        match from {
            State::Opening | State::Pending(_) => {
                let closing = payment.start_closing(Closing::ByPayer)?;
                self.store
                    .move_payment(tx, &from, &closing, self.clock.now_ms())
                    .await?;
                Ok(closing)
            }
            State::Closing
            | State::Closed { .. }
            | State::Paid(_)
            | State::Refunding(_)
            | State::Refunded(_) => Ok(payment),
        }
    }

    /// Asks the provider whether a closing payment was paid, closes it there, and asks once more,
    /// because it may have been paid between the two. Never guesses: what is not known stays
    /// closing.
    pub(crate) async fn finish_closing(&self, payment: Payment) -> Result<Payment, Error> {
        let no = payment.no;
        let not_known = |source: Failure| Error::NotKnown { no, source };
        let wechat = self.wechat()?;
        if self.store.is_being_opened(no, self.clock.now_ms()).await? {
            // A create that is on its way would open it after the close.
            return Ok(payment);
        }
        let seen = wechat.query(no).await.map_err(not_known)?;
        if matches!(seen, Seen::Paid(_) | Seen::Closed) {
            return self.record(no, &seen).await;
        }
        // Also when the provider does not know the number: closing it burns it, so that no late
        // create opens it.
        may_die!("close.before_provider");
        match wechat.close(no).await {
            Ok(()) => may_die!("close.after_provider"),
            Err(failure) => match failure.refusal() {
                Some(Refusal::NumberSpent | Refusal::NumberClosed | Refusal::NumberUnknown) => {}
                Some(Refusal::RuleNotMet | Refusal::PayerAccount | Refusal::Other) | None => {
                    return Err(not_known(failure));
                }
            },
        }
        let seen = match wechat.query(no).await.map_err(not_known)? {
            Seen::Absent => Seen::Closed,
            seen @ (Seen::Unpaid | Seen::Closed | Seen::Paid(_)) => seen,
        };
        self.record(no, &seen).await
    }
}
