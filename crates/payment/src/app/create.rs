use std::time::Duration;

use auth::Principal;

use super::{App, View, token};
use crate::{
    domain::{Bill, Channel, CodeUrl, Payment, State, Subject, unpaid_gap_ms},
    error::Error,
    metrics::{Alarm, alarm},
    provider::{Failure, Refusal, wechat::Wechat},
    purposes::Purpose,
    store::NewCodeUrl,
};

/// The right to open a payment at the provider lasts longer than all attempts of one call.
const OPENING_MS: i64 = 30_000;

/// Whoever finds it being opened looks again after this …
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// … so often, and then tells the caller to come back.
const LOOKS_MAX: u32 = 100;

impl App {
    /// Opens the subject's payment, or answers with the one that is live. One call at a time asks
    /// the provider: its next answer makes the last one void.
    pub(crate) async fn create(
        &self,
        principal: Option<&Principal>,
        purpose: Purpose,
        subject: Subject,
        channel: Channel,
    ) -> Result<View, Error> {
        match channel {
            Channel::WechatNative => {}
            Channel::Mock => return self.mock_pay(principal, purpose, subject).await,
            Channel::Wallet => return self.wallet_pay(principal, purpose, subject).await,
            Channel::None => return Err(Error::Parameter("the channel is missing")),
        }
        let bill = self.allow(principal, purpose, &subject).await?;
        self.open_at_wechat(purpose, subject, bill).await
    }

    pub(super) async fn open_at_wechat(
        &self,
        purpose: Purpose,
        subject: Subject,
        bill: Bill,
    ) -> Result<View, Error> {
        let wechat = self.wechat()?;
        let opener = token();
        for _ in 0..LOOKS_MAX {
            let live = self.live(purpose, &subject).await?;
            let payment = match live {
                None => {
                    self.insert_opening(wechat, purpose, &subject, bill, &opener)
                        .await?
                }
                Some(payment) => match self.usable(payment)? {
                    Usable::Now(payment) => return self.view(payment).await,
                    Usable::ToOpen(payment) => {
                        let now_ms = self.clock.now_ms();
                        let until_ms = now_ms + OPENING_MS;
                        let mine = self
                            .store
                            .claim_opening(&payment, &opener, until_ms, now_ms)
                            .await?;
                        mine.then_some(payment)
                    }
                },
            };
            if let Some(payment) = payment {
                let payment = self.open(wechat, payment, &opener).await?;
                return self.view(payment).await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        match self.live(purpose, &subject).await? {
            Some(payment) => Err(Error::BeingOpened(payment.no)),
            None => Err(Error::OwnerAnswer(
                "the payment went away while it was awaited",
            )),
        }
    }

    pub(super) async fn live(
        &self,
        purpose: Purpose,
        subject: &Subject,
    ) -> Result<Option<Payment>, Error> {
        let payments = self.store.payments_of(purpose, &subject.name).await?;
        Ok(payments.into_iter().find(|payment| payment.live))
    }

    /// What a caller who wants to pay gets from the live payment.
    fn usable(&self, payment: Payment) -> Result<Usable, Error> {
        match &payment.state {
            State::Pending(code_url) if code_url.is_fresh(self.clock.now_ms()) => {
                Ok(Usable::Now(payment))
            }
            State::Opening | State::Pending(_) => Ok(Usable::ToOpen(payment)),
            State::Closing | State::Closed { .. } => Err(Error::Closed(payment.subject.name)),
            State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                Err(Error::Paid(payment.subject.name))
            }
        }
    }

    /// Commits the row before the provider hears of it, with the right to open it. None: somebody
    /// was faster.
    async fn insert_opening(
        &self,
        wechat: &Wechat,
        purpose: Purpose,
        subject: &Subject,
        bill: Bill,
        opener: &str,
    ) -> Result<Option<Payment>, Error> {
        let now_ms = self.clock.now_ms();
        let id = self.numbers.payment().await?;
        let mut payment = Payment::new(
            id,
            purpose,
            subject.clone(),
            bill,
            Channel::WechatNative,
            now_ms,
        );
        payment.open_request = Some(wechat.opening(&payment));
        let store = &self.store;
        let inserted = db::transact!(store.pool(), "payment.open", async |tx| {
            store
                .insert_payment(tx, &payment, Some((opener, now_ms + OPENING_MS)))
                .await
        })
        .await?;
        Ok(inserted.then_some(payment))
    }

    async fn open(
        &self,
        wechat: &Wechat,
        payment: Payment,
        opener: &str,
    ) -> Result<Payment, Error> {
        let Some(request) = &payment.open_request else {
            return Err(Error::NoProvider);
        };
        let asked_at_ms = self.clock.now_ms();
        may_die!("create.before_provider");
        match wechat.open(request).await {
            Ok(text) => {
                may_die!("create.after_provider");
                let code_url = CodeUrl {
                    text,
                    at_ms: asked_at_ms,
                };
                self.keep(payment, code_url, opener).await
            }
            Err(failure) => {
                self.store.release_opening(payment.no, opener).await?;
                self.not_opened(wechat, payment, failure).await
            }
        }
    }

    async fn keep(
        &self,
        payment: Payment,
        code_url: CodeUrl,
        opener: &str,
    ) -> Result<Payment, Error> {
        let next_check_ms = self.clock.now_ms() + unpaid_gap_ms(0);
        let new = NewCodeUrl {
            code_url: &code_url,
            opener,
        };
        if self
            .store
            .save_code_url(&payment, new, next_check_ms)
            .await?
        {
            may_die!("create.after_save");
            return Ok(Payment {
                state: State::Pending(code_url),
                checks: 0,
                ..payment
            });
        }
        // It was paid or closed meanwhile; a close waits for whoever may still be asking.
        self.store.release_opening(payment.no, opener).await?;
        let current = self.store.payment(payment.no).await?;
        let current = current.ok_or_else(|| Error::NotFound(payment.no.to_string()))?;
        self.opened(current)
    }

    /// The number may be spent at the provider: then a query tells how, otherwise the next call
    /// repeats it.
    async fn not_opened(
        &self,
        wechat: &Wechat,
        payment: Payment,
        failure: Failure,
    ) -> Result<Payment, Error> {
        match failure.refusal() {
            None => {
                return Err(Error::NotOpened {
                    no: payment.no,
                    source: failure,
                });
            }
            Some(Refusal::NumberSpent | Refusal::NumberClosed | Refusal::RuleNotMet) => {}
            Some(Refusal::NumberUnknown | Refusal::PayerAccount | Refusal::Other) => {
                alarm(Alarm::OpenRefused, &payment.no.to_string());
                return Err(Error::NotOpened {
                    no: payment.no,
                    source: failure,
                });
            }
        }
        let no = payment.no;
        let seen = wechat
            .query(no)
            .await
            .map_err(|source| Error::NotKnown { no, source })?;
        let current = self.record(no, &seen).await?;
        match current.state {
            State::Opening | State::Pending(_) => Err(Error::NotOpened {
                no,
                source: failure,
            }),
            State::Closing
            | State::Closed { .. }
            | State::Paid(_)
            | State::Refunding(_)
            | State::Refunded(_) => self.opened(current),
        }
    }

    fn opened(&self, current: Payment) -> Result<Payment, Error> {
        match self.usable(current)? {
            Usable::Now(payment) => Ok(payment),
            Usable::ToOpen(payment) => Err(Error::BeingOpened(payment.no)),
        }
    }
}

enum Usable {
    /// It can be paid with what the row holds.
    Now(Payment),
    /// The provider has to be asked, again or for the first time.
    ToOpen(Payment),
}
