use db::Tx;
use ids::{PaymentNo, RefundId};
use money::Money;

use super::{App, wallet::key};
use crate::{
    domain::{Refund, State},
    error::Error,
};

/// A refund that an administrator wants.
#[derive(Debug)]
pub(crate) struct RefundWish {
    pub payment: PaymentNo,
    /// None: whatever is left.
    pub amount: Option<Money>,
    pub reason: String,
    pub key: String,
}

impl App {
    /// Reserves the amount in the payment's row, so that no two refunds take more than was paid,
    /// and leaves the sending to a job. The same key is the same refund.
    pub(crate) async fn refund(&self, wish: &RefundWish) -> Result<Refund, Error> {
        let request_key = format!("admin/{}", key(&wish.key)?);
        let number = self.numbers.refund().await?;
        let refund = db::transact!(self.store.pool(), "payment.refund", async |tx| {
            let refund = self.reserve(tx, number, wish, &request_key).await?;
            may_die!("refund_wish.before_commit");
            Ok::<_, Error>(refund)
        })
        .await?;
        may_die!("refund_wish.after_commit");
        self.wake.now();
        Ok(refund)
    }

    async fn reserve(
        &self,
        tx: &mut Tx<'_>,
        number: RefundId,
        wish: &RefundWish,
        request_key: &str,
    ) -> Result<Refund, Error> {
        let payment = self.store.lock_payment(tx, wish.payment).await?;
        let payment = payment.ok_or_else(|| Error::NotFound(wish.payment.to_string()))?;
        let known = self.store.refund_by_key(tx, payment.no, request_key);
        if let Some(known) = known.await? {
            return match wish.amount {
                Some(amount) if amount != known.amount => Err(Error::KeyReused),
                _ => Ok(known),
            };
        }
        match payment.state {
            State::Paid(_) => {}
            State::Refunding(_) | State::Refunded(_) => return Err(Error::RefundAboveRest),
            State::Opening | State::Pending(_) | State::Closing | State::Closed { .. } => {
                return Err(Error::NotPaid(payment.no));
            }
        }
        let now_ms = self.clock.now_ms();
        let rest = payment.refundable();
        let amount = wish.amount.unwrap_or(rest);
        if amount > rest {
            return Err(Error::RefundAboveRest);
        }
        let refund = Refund::new(number, &payment, amount, &wish.reason, now_ms);
        let key = (request_key, now_ms);
        self.start_refund(tx, payment, refund, key).await
    }
}
