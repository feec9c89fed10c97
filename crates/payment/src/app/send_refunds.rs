use futures_util::{StreamExt, stream};
use tracing::warn;

use super::{App, token};
use crate::{
    domain::{Refund, RefundSeen, RefundState, refund_gap_ms},
    error::Error,
    metrics::{Alarm, alarm},
    provider::{Failure, Refusal, wechat::RefundAnswer},
};

/// How long a claimed refund is left to whoever claimed it: longer than two calls of the provider.
const LEASE_MS: i64 = 60_000;
/// Claimed together, and sent at the same time.
const TOGETHER: u32 = 8;

impl App {
    /// Sends every refund that is due, under one number until its outcome is known, and asks about
    /// those that the provider has taken up.
    pub(crate) async fn send_refunds(&self) -> Result<(), Error> {
        if self.wechat.is_none() {
            return Ok(());
        }
        loop {
            let now_ms = self.clock.now_ms();
            let claimed = self
                .store
                .claim_refunds(&token(), now_ms + LEASE_MS, now_ms, TOGETHER)
                .await?;
            let last = claimed.len() < TOGETHER as usize;
            stream::iter(claimed)
                .for_each_concurrent(None, |refund| self.advance_logged(refund))
                .await;
            if last {
                return Ok(());
            }
        }
    }

    async fn advance_logged(&self, refund: Refund) {
        let no = refund.no;
        if let Err(error) = self.advance(refund).await {
            warn!(refund.no = %no, error = fault::chain(&error), "the refund is put off");
        }
    }

    async fn advance(&self, refund: Refund) -> Result<(), Error> {
        let answered = match refund.state {
            RefundState::Due => self.send(&refund).await,
            // A person may settle at the company what it gave up.
            RefundState::Processing | RefundState::Abnormal => self.ask_refund(&refund).await,
            RefundState::Succeeded { .. } => return Ok(()),
        };
        let unmoved = match &answered {
            Ok(now) => now.state == refund.state,
            Err(_) => true,
        };
        if unmoved {
            let at_ms = self.clock.now_ms() + refund_gap_ms(refund.tries);
            self.store.postpone_refund(&refund, at_ms).await?;
        }
        answered.map(|_| ())
    }

    async fn send(&self, refund: &Refund) -> Result<Refund, Error> {
        let Some(request) = &refund.request else {
            return Err(Error::NoProvider);
        };
        may_die!("refund.before_provider");
        match self.wechat()?.refund(refund.no, request).await {
            Ok(answer) => {
                may_die!("refund.after_provider");
                self.take(refund, answer).await
            }
            Err(failure) => self.not_sent(refund, failure).await,
        }
    }

    /// Whatever the answer was, only a query tells whether the company has the refund.
    async fn not_sent(&self, refund: &Refund, failure: Failure) -> Result<Refund, Error> {
        let no = refund.no;
        match self.wechat()?.query_refund(no).await {
            Ok(Some(answer)) => self.take(refund, answer).await,
            Ok(None) => match failure.refusal() {
                None => Err(Error::RefundNotKnown {
                    no,
                    source: failure,
                }),
                Some(Refusal::PayerAccount) => {
                    self.record_refund(refund, None, &RefundSeen::GivenUp).await
                }
                Some(
                    Refusal::NumberSpent
                    | Refusal::NumberClosed
                    | Refusal::NumberUnknown
                    | Refusal::RuleNotMet
                    | Refusal::Other,
                ) => {
                    alarm(Alarm::RefundRefused, &no.to_string());
                    Err(Error::RefundNotKnown {
                        no,
                        source: failure,
                    })
                }
            },
            Err(source) => Err(Error::RefundNotKnown { no, source }),
        }
    }

    async fn ask_refund(&self, refund: &Refund) -> Result<Refund, Error> {
        let no = refund.no;
        let answer = self.wechat()?.query_refund(no).await;
        match answer.map_err(|source| Error::RefundNotKnown { no, source })? {
            Some(answer) => self.take(refund, answer).await,
            None => Ok(refund.clone()),
        }
    }

    async fn take(&self, refund: &Refund, answer: RefundAnswer) -> Result<Refund, Error> {
        if answer.amount_fen != refund.amount.fen() {
            alarm(Alarm::RefundAmount, &refund.no.to_string());
            return Ok(refund.clone());
        }
        self.record_refund(refund, Some(&answer.provider_id), &answer.seen)
            .await
    }
}
