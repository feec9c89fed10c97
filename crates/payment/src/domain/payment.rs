use clock::from_ms;
use ids::{OrderNo, PaymentId, PaymentNo, UserId};
use money::Money;

use super::{Receipt, State};
use crate::purposes::Purpose;

/// As wide as the column; WeChat's have 32 characters at most.
pub(crate) const TRANSACTION_ID_MAX: usize = 64;

/// With the user's number before it, a key fits the column.
const TOP_UP_KEY_MAX: usize = 40;

/// WeChat raises a nearer last moment to one minute ahead; a repeat must say what was said first.
const EXPIRY_AHEAD_MIN_MS: i64 = 60_000;

/// Money for one subject, under one number at one payment company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub no: PaymentNo,
    pub purpose: Purpose,
    pub subject: Subject,
    /// None: nobody's, what an anonymous caller asked for.
    pub user: Option<UserId>,
    pub channel: Channel,
    pub amount: Money,
    /// What all its refunds take, whatever has become of them.
    pub reserved: Money,
    /// What is back with the payer.
    pub refunded: Money,
    pub state: State,
    /// The subject's owner said that it is no longer payable.
    pub barred: bool,
    /// Whether it holds its subject, so that no other payment can be opened for it.
    pub live: bool,
    /// What opens it at the provider, byte for byte. None: no provider.
    pub open_request: Option<String>,
    pub created_at_ms: i64,
    /// The last moment to pay, as the provider was told.
    pub expires_at_ms: i64,
    /// How often the provider was asked in this state.
    pub checks: i32,
}

/// What is paid for: the name that people see, and the order behind it (0: no order).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub name: String,
    pub id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    WechatNative,
    Mock,
    /// From the payer's balance with us.
    Wallet,
    /// A tombstone: the subject was closed before anything was opened for it.
    None,
}

/// Who wants a payment closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Its owner, who may open another.
    ByPayer,
    /// The subject is no longer payable, for good.
    BySubject,
}

/// A transition that the state does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment that is {from} cannot be {to}")]
pub(crate) struct NotMoved {
    pub from: &'static str,
    pub to: &'static str,
}

impl Subject {
    pub(crate) fn order(no: OrderNo) -> Self {
        Self {
            name: no.to_string(),
            id: no.id().get(),
        }
    }

    /// `None`: no job can have that name.
    pub(crate) fn compare_job(name: &str) -> Option<Self> {
        /// As wide as the column.
        const NAME_MAX: usize = 64;
        let sane = |rest: &str| rest.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_job = name.len() <= NAME_MAX && name.strip_prefix("job_").is_some_and(sane);
        is_job.then(|| Self {
            name: name.to_owned(),
            id: 0,
        })
    }

    /// `None`: no top-up can have that name: `TOP`, the user, and a key of the user's own.
    pub(crate) fn top_up(name: &str) -> Option<Self> {
        let (user, key) = name.strip_prefix("TOP")?.split_once('-')?;
        let sane = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_top_up = user
            .parse::<UserId>()
            .is_ok_and(|id| id.to_string() == user)
            && (1..=TOP_UP_KEY_MAX).contains(&key.len())
            && key.bytes().all(sane);
        is_top_up.then(|| Self {
            name: name.to_owned(),
            id: 0,
        })
    }

    pub(crate) fn top_up_of(user: UserId, key: &str) -> Option<Self> {
        Self::top_up(&format!("TOP{user}-{key}"))
    }
}

impl Channel {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WechatNative => "wechat_native",
            Self::Mock => "mock",
            Self::Wallet => "wallet",
            Self::None => "none",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::WechatNative, Self::Mock, Self::Wallet, Self::None]
            .into_iter()
            .find(|c| c.name() == name)
    }
}

impl Payment {
    /// A payment that nobody has been asked to open yet.
    pub(crate) fn new(
        id: PaymentId,
        purpose: Purpose,
        subject: Subject,
        bill: Bill,
        channel: Channel,
        now_ms: i64,
    ) -> Self {
        Self {
            no: PaymentNo::new(id, from_ms(now_ms)),
            purpose,
            subject,
            user: bill.user,
            channel,
            amount: bill.amount,
            reserved: Money::ZERO,
            refunded: Money::ZERO,
            state: State::Opening,
            barred: false,
            live: true,
            open_request: None,
            created_at_ms: now_ms,
            expires_at_ms: bill.expires_at_ms.max(now_ms + EXPIRY_AHEAD_MIN_MS),
            checks: 0,
        }
    }

    /// Keeps a subject closed for which nothing was ever opened.
    pub(crate) fn tombstone(
        id: PaymentId,
        purpose: Purpose,
        subject: Subject,
        bill: Bill,
        now_ms: i64,
    ) -> Self {
        Self {
            state: State::Closed { at_ms: now_ms },
            barred: true,
            ..Self::new(id, purpose, subject, bill, Channel::None, now_ms)
        }
    }

    pub(crate) const fn is_tombstone(&self) -> bool {
        matches!(self.channel, Channel::None)
    }

    /// Money came in. A payment that was closed meanwhile takes it too: the order decides what
    /// becomes of it.
    pub(crate) fn pay(self, receipt: Receipt) -> Result<Self, NotMoved> {
        match self.state {
            State::Opening | State::Pending(_) | State::Closing | State::Closed { .. } => {
                Ok(Self {
                    state: State::Paid(receipt),
                    checks: 0,
                    ..self
                })
            }
            State::Paid(_) | State::Refunding(_) | State::Refunded(_) => self.refuse("paid"),
        }
    }

    pub(crate) fn start_closing(self, by: Closing) -> Result<Self, NotMoved> {
        match self.state {
            State::Opening | State::Pending(_) | State::Closing => {
                let barred = self.barred || by == Closing::BySubject;
                Ok(Self {
                    state: State::Closing,
                    barred,
                    checks: 0,
                    ..self
                })
            }
            State::Closed { .. } | State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                self.refuse("closing")
            }
        }
    }

    /// The provider says that it can no longer be paid. It lets go of its subject unless that is
    /// closed too.
    pub(crate) fn close(self, at_ms: i64) -> Result<Self, NotMoved> {
        match self.state {
            State::Opening | State::Pending(_) | State::Closing => {
                let live = self.live && self.barred;
                Ok(Self {
                    state: State::Closed { at_ms },
                    live,
                    checks: 0,
                    ..self
                })
            }
            State::Closed { .. } | State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                self.refuse("closed")
            }
        }
    }

    /// What can still be given back.
    pub(crate) fn refundable(&self) -> Money {
        match self.state {
            State::Paid(_) => self
                .amount
                .checked_sub(self.reserved)
                .filter(|left| left.is_positive())
                .unwrap_or_default(),
            State::Opening
            | State::Pending(_)
            | State::Closing
            | State::Closed { .. }
            | State::Refunding(_)
            | State::Refunded(_) => Money::ZERO,
        }
    }

    /// Reserves `amount` for a refund. With the last of it the payment counts as refunding.
    pub(crate) fn start_refund(self, amount: Money) -> Result<Self, NotMoved> {
        if !amount.is_positive() || amount > self.refundable() {
            return self.refuse("refunding");
        }
        match self.state.clone() {
            State::Paid(receipt) => {
                let reserved = self.reserved.checked_add(amount).unwrap_or(self.amount);
                let state = if reserved == self.amount {
                    State::Refunding(receipt)
                } else {
                    State::Paid(receipt)
                };
                Ok(Self {
                    state,
                    reserved,
                    checks: 0,
                    ..self
                })
            }
            State::Opening
            | State::Pending(_)
            | State::Closing
            | State::Closed { .. }
            | State::Refunding(_)
            | State::Refunded(_) => self.refuse("refunding"),
        }
    }

    /// `amount` of what was reserved is back with the payer.
    pub(crate) fn finish_refund(self, amount: Money) -> Result<Self, NotMoved> {
        let refunded = self.refunded.checked_add(amount);
        let Some(refunded) = refunded.filter(|refunded| *refunded <= self.reserved) else {
            return self.refuse("refunded");
        };
        match self.state.clone() {
            State::Paid(_) => Ok(Self {
                refunded,
                checks: 0,
                ..self
            }),
            State::Refunding(receipt) => {
                let state = if refunded == self.amount {
                    State::Refunded(receipt)
                } else {
                    State::Refunding(receipt)
                };
                Ok(Self {
                    state,
                    refunded,
                    checks: 0,
                    ..self
                })
            }
            State::Opening
            | State::Pending(_)
            | State::Closing
            | State::Closed { .. }
            | State::Refunded(_) => self.refuse("refunded"),
        }
    }

    /// When the provider has to be asked about it next; none: there is nothing to learn.
    pub(crate) fn next_check_ms(&self, now_ms: i64) -> Option<i64> {
        match self.state {
            State::Opening | State::Pending(_) => Some(now_ms + super::unpaid_gap_ms(self.checks)),
            State::Closing if self.checks == 0 => Some(now_ms),
            State::Closing => Some(now_ms + super::closing_gap_ms(self.checks)),
            State::Closed { .. } if self.channel == Channel::WechatNative => {
                super::closed_gap_ms(self.checks).map(|gap_ms| now_ms + gap_ms)
            }
            State::Closed { .. } | State::Paid(_) | State::Refunding(_) | State::Refunded(_) => {
                None
            }
        }
    }

    fn refuse(self, to: &'static str) -> Result<Self, NotMoved> {
        Err(NotMoved {
            from: self.state.name(),
            to,
        })
    }
}

/// What the subject's owner allows to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bill {
    pub user: Option<UserId>,
    pub amount: Money,
    pub expires_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(state: State) -> Payment {
        let bill = Bill {
            user: UserId::try_from(7).ok(),
            amount: Money::from_fen(990).unwrap(),
            expires_at_ms: 10_000,
        };
        let id = PaymentId::try_from(1).unwrap();
        let subject = Subject {
            name: "ORD20261121000000000042".into(),
            id: 42,
        };
        Payment {
            state,
            ..Payment::new(
                id,
                Purpose::Order,
                subject,
                bill,
                Channel::WechatNative,
                5_000,
            )
        }
    }

    fn receipt() -> Receipt {
        Receipt {
            transaction_id: Some("4200".into()),
            at_ms: 6_000,
        }
    }

    #[test]
    fn the_last_moment_is_at_least_a_minute_ahead() {
        assert_eq!(payment(State::Opening).expires_at_ms, 65_000);
    }

    #[test]
    fn money_is_taken_in_spite_of_a_close_but_never_twice() {
        for state in [
            State::Opening,
            State::Closing,
            State::Closed { at_ms: 5_500 },
        ] {
            assert_eq!(
                payment(state).pay(receipt()).unwrap().state,
                State::Paid(receipt())
            );
        }
        for state in [
            State::Paid(receipt()),
            State::Refunding(receipt()),
            State::Refunded(receipt()),
        ] {
            assert!(payment(state).pay(receipt()).is_err());
        }
    }

    #[test]
    fn only_a_closed_subject_is_held_after_the_close() {
        let by_payer = payment(State::Opening)
            .start_closing(Closing::ByPayer)
            .unwrap();
        assert!(!by_payer.clone().close(6_000).unwrap().live);
        let by_both = by_payer.start_closing(Closing::BySubject).unwrap();
        let closed = by_both
            .start_closing(Closing::ByPayer)
            .unwrap()
            .close(6_000)
            .unwrap();
        assert!(closed.live && closed.barred);
    }

    #[test]
    fn a_refund_needs_money_that_came_in_and_happens_once() {
        let all = Money::from_fen(990).unwrap();
        assert!(payment(State::Closing).start_refund(all).is_err());
        let refunding = payment(State::Paid(receipt())).start_refund(all).unwrap();
        assert!(refunding.clone().start_refund(all).is_err());
        let refunded = refunding.finish_refund(all).unwrap();
        assert_eq!(refunded.state, State::Refunded(receipt()));
        assert!(refunded.finish_refund(all).is_err());
    }

    #[test]
    fn parts_go_back_until_all_of_it_is_reserved() {
        let fen = |fen| Money::from_fen(fen).unwrap();
        let one = payment(State::Paid(receipt()))
            .start_refund(fen(400))
            .unwrap();
        assert_eq!(
            (&one.state, one.refundable()),
            (&State::Paid(receipt()), fen(590))
        );
        assert!(one.clone().start_refund(fen(591)).is_err());
        assert!(one.clone().start_refund(Money::ZERO).is_err());
        let two = one.start_refund(fen(590)).unwrap();
        assert_eq!(
            (&two.state, two.refundable()),
            (&State::Refunding(receipt()), Money::ZERO)
        );
        let back = two.finish_refund(fen(590)).unwrap();
        assert_eq!(back.state, State::Refunding(receipt()));
        assert!(back.clone().finish_refund(fen(401)).is_err());
        assert_eq!(
            back.finish_refund(fen(400)).unwrap().state,
            State::Refunded(receipt())
        );
    }
}
