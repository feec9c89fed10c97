use auth::Principal;

use super::{App, View, journals};
use crate::{
    domain::{Bill, Channel, Payment, Receipt, State, Subject},
    error::Error,
    ledger::Posted,
    purposes::{self, Purpose},
};

/// The live payment may close or appear in between.
const TRIES_MAX: u32 = 3;

impl App {
    /// Pays without a payment company and without money.
    pub(crate) async fn mock_pay(
        &self,
        principal: Option<&Principal>,
        purpose: Purpose,
        subject: Subject,
    ) -> Result<View, Error> {
        if !self.mock {
            return Err(Error::NoProvider);
        }
        let bill = self.allow(principal, purpose, &subject).await?;
        self.pay_at_once(purpose, subject, bill, Channel::Mock)
            .await
    }

    /// Pays from the caller's balance.
    pub(crate) async fn wallet_pay(
        &self,
        principal: Option<&Principal>,
        purpose: Purpose,
        subject: Subject,
    ) -> Result<View, Error> {
        let payer = principal.ok_or(auth::AuthError::NotLoggedIn)?.user;
        let mut bill = self.allow(principal, purpose, &subject).await?;
        // What an anonymous caller submitted is paid by whoever wants the result.
        match bill.user {
            None => bill.user = Some(payer),
            Some(owner) if owner == payer => {}
            Some(_) => return Err(Error::NotFound(subject.name)),
        }
        self.pay_at_once(purpose, subject, bill, Channel::Wallet)
            .await
    }

    /// A payment that is live at a company is closed there first, so that nobody pays twice.
    pub(super) async fn pay_at_once(
        &self,
        purpose: Purpose,
        subject: Subject,
        bill: Bill,
        channel: Channel,
    ) -> Result<View, Error> {
        for _ in 0..TRIES_MAX {
            if let Some(live) = self.live(purpose, &subject).await? {
                self.make_way(live).await?;
            }
            let now_ms = self.clock.now_ms();
            let receipt = Receipt {
                transaction_id: None,
                at_ms: now_ms,
            };
            let id = self.numbers.payment().await?;
            let payment = Payment::new(id, purpose, subject.clone(), bill, channel, now_ms)
                .pay(receipt.clone())?;
            let store = &self.store;
            let paid = db::transact!(store.pool(), "payment.pay_at_once", async |tx| {
                if !store.insert_payment(tx, &payment, None).await? {
                    return Ok::<_, Error>(false);
                }
                may_die!("pay_at_once.before_outbox");
                purposes::announce_paid(tx, &payment, &receipt, now_ms).await?;
                let journal = journals::paid(&payment)?;
                match self.ledger.post(tx, &journal, now_ms).await? {
                    Posted::Done | Posted::Repeated => {}
                    Posted::TooLittle(_) => return Err(Error::BalanceTooLittle),
                    Posted::KeyReused | Posted::TooLarge => {
                        return Err(Error::Ledger("a payment cannot be booked"));
                    }
                }
                Ok(true)
            })
            .await?;
            if paid {
                may_die!("pay_at_once.after_commit");
                self.wake.now();
                return self.view(payment).await;
            }
        }
        Err(Error::Paid(subject.name))
    }

    async fn make_way(&self, live: Payment) -> Result<(), Error> {
        match live.state {
            State::Opening | State::Pending(_) | State::Closing => {
                let payment = self.close_for_payer(live.no).await?;
                match payment.state {
                    State::Closed { .. } if payment.live => {
                        Err(Error::Closed(payment.subject.name))
                    }
                    State::Closed { .. } => Ok(()),
                    State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                        Err(Error::Paid(payment.subject.name))
                    }
                    State::Opening | State::Pending(_) | State::Closing => {
                        Err(Error::StillClosing(payment.no))
                    }
                }
            }
            State::Closed { .. } => Err(Error::Closed(live.subject.name)),
            State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                Err(Error::Paid(live.subject.name))
            }
        }
    }
}
