use futures_util::{StreamExt, stream};
use tracing::warn;

use super::{App, token};
use crate::{
    domain::{Payment, State, unpaid_gap_ms},
    error::Error,
};

/// How long a claimed payment is left to whoever claimed it: longer than three calls of the
/// provider.
const LEASE_MS: i64 = 60_000;
/// Claimed together, and asked about at the same time.
const TOGETHER: u32 = 8;

impl App {
    /// Asks the provider about every payment that is due: unpaid and closed ones, because a
    /// notification may be lost, and closing ones.
    pub(crate) async fn check_due(&self) -> Result<(), Error> {
        if self.wechat.is_none() {
            return Ok(());
        }
        loop {
            let now_ms = self.clock.now_ms();
            let claimed = self
                .store
                .claim_checks(&token(), now_ms + LEASE_MS, now_ms, TOGETHER)
                .await?;
            let last = claimed.len() < TOGETHER as usize;
            stream::iter(claimed)
                .for_each_concurrent(None, |payment| self.check_logged(payment))
                .await;
            if last {
                return Ok(());
            }
        }
    }

    async fn check_logged(&self, payment: Payment) {
        let no = payment.no;
        if let Err(error) = self.check(payment).await {
            warn!(payment.no = %no, error = fault::chain(&error), "the check is put off");
        }
    }

    async fn check(&self, payment: Payment) -> Result<(), Error> {
        let asked = match payment.state {
            State::Opening | State::Pending(_) | State::Closed { .. } => self.ask(&payment).await,
            State::Closing => self.finish_closing(payment.clone()).await,
            State::Paid(_) | State::Refunding(_) | State::Refunded(_) => return Ok(()),
        };
        let unmoved = match &asked {
            Ok(now) => now.state == payment.state,
            Err(_) => true,
        };
        if unmoved {
            let now_ms = self.clock.now_ms();
            let again = || {
                asked
                    .is_err()
                    .then(|| now_ms + unpaid_gap_ms(payment.checks))
            };
            let at_ms = payment.next_check_ms(now_ms).or_else(again);
            self.store.postpone_check(&payment, at_ms).await?;
        }
        asked.map(|_| ())
    }

    async fn ask(&self, payment: &Payment) -> Result<Payment, Error> {
        let no = payment.no;
        let seen = self.wechat()?.query(no).await;
        let seen = seen.map_err(|source| Error::NotKnown { no, source })?;
        self.record(no, &seen).await
    }
}
