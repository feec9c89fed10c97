use auth::Principal;
use ids::PaymentNo;

use super::{App, View, owned};
use crate::{
    domain::{Payment, State},
    error::Error,
    purposes::Purpose,
};

/// Which payment is meant.
#[derive(Debug)]
pub(crate) enum Wanted {
    Payment(PaymentNo),
    /// The one that counts: paid, else live, else the newest.
    Order(String),
}

impl App {
    /// `sync` asks the provider first.
    pub(crate) async fn get(
        &self,
        principal: &Principal,
        wanted: Wanted,
        sync: bool,
    ) -> Result<View, Error> {
        let payment = self.find(principal, wanted).await?;
        let payment = if sync {
            self.sync(payment).await?
        } else {
            payment
        };
        self.view(payment).await
    }

    async fn find(&self, principal: &Principal, wanted: Wanted) -> Result<Payment, Error> {
        let (name, found) = match wanted {
            Wanted::Payment(no) => (no.to_string(), self.store.payment(no).await?),
            Wanted::Order(order_no) => {
                let payments = self.store.payments_of(Purpose::Order, &order_no).await?;
                (order_no, counting(payments))
            }
        };
        found
            .filter(|payment| owned(principal, payment) && !payment.is_tombstone())
            .ok_or(Error::NotFound(name))
    }

    pub(super) async fn owned_payment(
        &self,
        principal: &Principal,
        no: PaymentNo,
    ) -> Result<Payment, Error> {
        self.find(principal, Wanted::Payment(no)).await
    }

    async fn sync(&self, payment: Payment) -> Result<Payment, Error> {
        match payment.state {
            State::Opening | State::Pending(_) => {
                let no = payment.no;
                let seen = self.wechat()?.query(no).await;
                let seen = seen.map_err(|source| Error::NotKnown { no, source })?;
                self.record(no, &seen).await
            }
            State::Closing => self.finish_closing(payment).await,
            State::Closed { .. } | State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                Ok(payment)
            }
        }
    }
}

fn counting(payments: Vec<Payment>) -> Option<Payment> {
    let rank = |payment: &Payment| {
        (
            payment.state.receipt().is_some(),
            payment.live && !payment.is_tombstone(),
            payment.no.id(),
        )
    };
    payments
        .into_iter()
        .filter(|payment| !payment.is_tombstone())
        .max_by_key(rank)
}
