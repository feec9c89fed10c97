use db::Tx;
use uuid::Uuid;

use super::App;
use crate::{
    domain::{Bill, Closing, Payment, State, Subject},
    error::Error,
    purposes::{self, Purpose},
};

/// An order or a job that is no longer payable.
#[derive(Debug)]
pub(crate) struct ClosingSubject {
    pub purpose: Purpose,
    pub subject: Subject,
    /// What it would have cost whom.
    pub bill: Bill,
}

impl App {
    /// Answers whether it was paid, now or as soon as the provider has said so, and keeps
    /// any later payment of it from being opened.
    pub(crate) async fn subject_closing(
        &self,
        id: Uuid,
        closing: &ClosingSubject,
    ) -> Result<(), Error> {
        /// The tombstone may meet a payment that was just inserted, once; the payment stays.
        const TRIES_MAX: u32 = 3;
        let mut tries = 1;
        while !self.bar(id, closing).await? {
            if tries == TRIES_MAX {
                return Err(Error::OwnerAnswer(
                    "the payments of a closing subject keep changing",
                ));
            }
            tries += 1;
        }
        may_die!("subject_closing.after_commit");
        self.wake.now();
        Ok(())
    }

    /// `false`: somebody opened a payment meanwhile.
    async fn bar(&self, id: Uuid, closing: &ClosingSubject) -> Result<bool, Error> {
        let now_ms = self.clock.now_ms();
        let (purpose, subject) = (closing.purpose, &closing.subject);
        let number = self.numbers.payment().await?;
        let tombstone = Payment::tombstone(number, purpose, subject.clone(), closing.bill, now_ms);
        let store = &self.store;
        let done = db::transact!(store.pool(), "payment.subject_closing", async |tx| {
            let payments = store.lock_payments_of(tx, purpose, &subject.name).await?;
            let live = payments.iter().find(|payment| payment.live);
            if live.is_none() && !store.insert_payment(tx, &tombstone, None).await? {
                return Err(Refused::Raced);
            }
            if !outbox::first_time(tx, "subject_closing", id, now_ms).await? {
                return Ok(());
            }
            for payment in &payments {
                if let Some(receipt) = payment.state.receipt() {
                    purposes::announce_paid(tx, payment, receipt, now_ms).await?;
                }
            }
            let paid = payments
                .iter()
                .any(|payment| payment.state.receipt().is_some());
            match live {
                Some(live) => self.bar_live(tx, live.clone(), now_ms).await?,
                None if paid => {}
                None => {
                    purposes::announce_closed(tx, purpose, subject, None, now_ms).await?;
                }
            }
            may_die!("subject_closing.before_commit" as Refused);
            Ok(())
        })
        .await;
        match done {
            Ok(()) => Ok(true),
            Err(Refused::Raced) => Ok(false),
            Err(Refused::Failed(error)) => Err(error),
        }
    }

    async fn bar_live(&self, tx: &mut Tx<'_>, live: Payment, now_ms: i64) -> Result<(), Error> {
        let from = live.state.clone();
        match from {
            State::Opening | State::Pending(_) | State::Closing => {
                let closing = live.start_closing(Closing::BySubject)?;
                self.store.move_payment(tx, &from, &closing, now_ms).await?;
                Ok(())
            }
            State::Closed { .. } => {
                let no = (!live.is_tombstone()).then_some(live.no);
                purposes::announce_closed(tx, live.purpose, &live.subject, no, now_ms).await
            }
            State::Paid(_) | State::Refunding(_) | State::Refunded(_) => Ok(()),
        }
    }
}

/// Why the transaction was given up.
#[derive(Debug)]
enum Refused {
    /// A payment was opened between the look and the tombstone.
    Raced,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl db::Retryable for Refused {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Raced => None,
            Self::Failed(error) => error.sqlx(),
        }
    }
}
