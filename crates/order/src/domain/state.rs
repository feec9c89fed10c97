//! Where an order stands, and what may happen to it next.

use money::Money;

/// Why an order closed, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// It was not paid in time.
    Lapsed,
    /// Its buyer did not want it any more.
    Cancelled,
}

/// Why somebody who was told "won" has no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefuseReason {
    /// Reserved in an epoch that a rebuild ended.
    Interrupted,
    /// Its unit or its slot was taken: a rollback of Redis went unnoticed for a moment.
    Conflict,
}

/// A payment's public number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentNo(String);

impl PaymentNo {
    const LEN_MAX: usize = 32;

    pub fn parse(text: &str) -> Option<Self> {
        let fine = |b: u8| b.is_ascii_graphic();
        (!text.is_empty() && text.len() <= Self::LEN_MAX && text.bytes().all(fine))
            .then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The payment that paid an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub no: PaymentNo,
    pub at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Pending {
        expires_at_ms: i64,
        /// Somebody was allowed to pay: closing has to ask payment first.
        pay_opened: bool,
    },
    /// No longer payable; payment is being asked whether it was paid.
    Closing {
        reason: CloseReason,
    },
    Paid {
        payment: Payment,
    },
    Closed {
        reason: CloseReason,
    },
    Refused {
        reason: RefuseReason,
    },
    Refunding {
        payment: Payment,
    },
    Refunded {
        payment: Payment,
    },
}

/// A step that this state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("it was not paid in time")]
    Expired,
    #[error("it is closing")]
    Closing,
    #[error("it is paid")]
    Paid,
    #[error("it is not paid")]
    Unpaid,
    #[error("it is over")]
    Over,
    #[error("it was sent")]
    Sent,
}

/// What to do with money that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paying {
    Accepted(State),
    /// This payment paid this order before.
    Known,
    /// The money has to go back.
    Refund(&'static str),
    /// Another amount than the order's: it must not count, and somebody should look.
    WrongAmount,
}

impl State {
    /// A payment may be opened until the order expires; from then on closing asks before it closes.
    pub fn allow_payment(self, now_ms: i64) -> Result<Self, Wrong> {
        match self {
            Self::Pending { expires_at_ms, .. } if now_ms < expires_at_ms => Ok(Self::Pending {
                expires_at_ms,
                pay_opened: true,
            }),
            Self::Pending { .. } => Err(Wrong::Expired),
            Self::Closing { .. } => Err(Wrong::Closing),
            Self::Paid { .. } => Err(Wrong::Paid),
            Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Refunding { .. }
            | Self::Refunded { .. } => Err(Wrong::Over),
        }
    }

    /// Its time is over. Closes at once when nobody can have paid, otherwise becomes closing.
    pub fn lapse(self, now_ms: i64) -> Result<Self, Wrong> {
        match self {
            Self::Pending { expires_at_ms, .. } if now_ms < expires_at_ms => Err(Wrong::Unpaid),
            other => other.stop(CloseReason::Lapsed),
        }
    }

    /// Its buyer gives it up; asking twice changes nothing.
    pub fn cancel(self) -> Result<Self, Wrong> {
        match self {
            Self::Closing { .. }
            | Self::Closed {
                reason: CloseReason::Cancelled,
            } => Ok(self),
            other => other.stop(CloseReason::Cancelled),
        }
    }

    fn stop(self, reason: CloseReason) -> Result<Self, Wrong> {
        match self {
            Self::Pending {
                pay_opened: false, ..
            } => Ok(Self::Closed { reason }),
            Self::Pending {
                pay_opened: true, ..
            } => Ok(Self::Closing { reason }),
            Self::Closing { .. } => Err(Wrong::Closing),
            Self::Paid { .. } => Err(Wrong::Paid),
            Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Refunding { .. }
            | Self::Refunded { .. } => Err(Wrong::Over),
        }
    }

    /// Payment says that nothing can be paid any more. Only a closing order has asked.
    pub fn close(self) -> Result<Self, Wrong> {
        match self {
            Self::Closing { reason } => Ok(Self::Closed { reason }),
            Self::Pending { .. } => Err(Wrong::Unpaid),
            Self::Paid { .. } => Err(Wrong::Paid),
            Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Refunding { .. }
            | Self::Refunded { .. } => Err(Wrong::Over),
        }
    }

    /// Money came in: once per order, for its amount; what cannot be accepted goes back.
    pub fn pay(self, payment: Payment, amount: Money, total: Option<Money>) -> Paying {
        match self {
            Self::Pending { .. } | Self::Closing { .. } if total != Some(amount) => {
                Paying::WrongAmount
            }
            Self::Pending { .. } | Self::Closing { .. } => Paying::Accepted(Self::Paid { payment }),
            Self::Paid { payment: known }
            | Self::Refunding { payment: known }
            | Self::Refunded { payment: known }
                if known.no == payment.no =>
            {
                Paying::Known
            }
            Self::Paid { .. } => Paying::Refund("订单已支付，重复付款退回"),
            Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Refunding { .. }
            | Self::Refunded { .. } => Paying::Refund("订单已关闭，付款退回"),
        }
    }

    /// An admin gives the money back.
    pub fn refund(self) -> Result<Self, Wrong> {
        match self {
            Self::Paid { payment } => Ok(Self::Refunding { payment }),
            Self::Refunding { .. } => Ok(self),
            Self::Pending { .. } | Self::Closing { .. } => Err(Wrong::Unpaid),
            Self::Closed { .. } | Self::Refused { .. } | Self::Refunded { .. } => Err(Wrong::Over),
        }
    }

    /// The money of `payment` is back. Refunds of payments that never counted change nothing.
    #[must_use]
    pub fn refunded(self, payment: &PaymentNo) -> Self {
        match self {
            Self::Refunding { payment: own } if own.no == *payment => {
                Self::Refunded { payment: own }
            }
            other => other,
        }
    }

    /// Whether the order's units and slots are its own.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Pending { .. } | Self::Closing { .. } | Self::Paid { .. } => true,
            Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Refunding { .. }
            | Self::Refunded { .. } => false,
        }
    }

    pub fn payment(&self) -> Option<&Payment> {
        match self {
            Self::Paid { payment } | Self::Refunding { payment } | Self::Refunded { payment } => {
                Some(payment)
            }
            Self::Pending { .. }
            | Self::Closing { .. }
            | Self::Closed { .. }
            | Self::Refused { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PENDING: State = State::Pending {
        expires_at_ms: 100,
        pay_opened: false,
    };
    const OPENED: State = State::Pending {
        expires_at_ms: 100,
        pay_opened: true,
    };
    const LAPSING: State = State::Closing {
        reason: CloseReason::Lapsed,
    };
    const LAPSED: State = State::Closed {
        reason: CloseReason::Lapsed,
    };
    const CANCELLED: State = State::Closed {
        reason: CloseReason::Cancelled,
    };

    fn payment(no: &str) -> Payment {
        Payment {
            no: PaymentNo::parse(no).unwrap(),
            at_ms: 50,
        }
    }

    fn paid() -> State {
        State::Paid {
            payment: payment("PAY1"),
        }
    }

    /// Pays with `fen` for an order of 700.
    fn pay(state: State, no: &str, fen: i64) -> Paying {
        state.pay(
            payment(no),
            Money::from_fen(fen).unwrap(),
            Money::from_fen(700).ok(),
        )
    }

    #[test]
    fn a_payment_may_be_opened_until_the_expiry() {
        assert_eq!(PENDING.allow_payment(99), Ok(OPENED));
        assert_eq!(OPENED.allow_payment(99), Ok(OPENED));
        assert_eq!(PENDING.allow_payment(100), Err(Wrong::Expired));
        assert_eq!(LAPSING.allow_payment(99), Err(Wrong::Closing));
        assert_eq!(paid().allow_payment(99), Err(Wrong::Paid));
        assert_eq!(LAPSED.allow_payment(99), Err(Wrong::Over));
    }

    #[test]
    fn closing_asks_only_where_somebody_may_have_paid() {
        assert_eq!(PENDING.lapse(99), Err(Wrong::Unpaid));
        assert_eq!(PENDING.lapse(100), Ok(LAPSED));
        assert_eq!(OPENED.lapse(100), Ok(LAPSING));
        assert_eq!(PENDING.cancel(), Ok(CANCELLED));
        assert_eq!(
            OPENED.cancel(),
            Ok(State::Closing {
                reason: CloseReason::Cancelled
            })
        );
    }

    #[test]
    fn a_paid_order_is_never_closed() {
        assert_eq!(paid().lapse(1_000), Err(Wrong::Paid));
        assert_eq!(paid().cancel(), Err(Wrong::Paid));
        assert_eq!(paid().close(), Err(Wrong::Paid));
    }

    #[test]
    fn cancelling_again_changes_nothing() {
        assert_eq!(CANCELLED.cancel(), Ok(CANCELLED));
        assert_eq!(LAPSING.cancel(), Ok(LAPSING));
        assert_eq!(LAPSED.cancel(), Err(Wrong::Over));
    }

    #[test]
    fn payments_answer_closes_only_what_asked() {
        assert_eq!(LAPSING.close(), Ok(LAPSED));
        assert_eq!(OPENED.close(), Err(Wrong::Unpaid));
        assert_eq!(LAPSED.close(), Err(Wrong::Over));
    }

    #[test]
    fn an_order_is_paid_once_for_its_amount() {
        assert_eq!(pay(OPENED, "PAY1", 700), Paying::Accepted(paid()));
        assert_eq!(pay(LAPSING, "PAY1", 700), Paying::Accepted(paid()));
        assert_eq!(pay(OPENED, "PAY1", 699), Paying::WrongAmount);
        assert_eq!(pay(paid(), "PAY1", 700), Paying::Known);
        assert!(matches!(pay(paid(), "PAY2", 700), Paying::Refund(_)));
    }

    #[test]
    fn money_for_a_closed_order_goes_back() {
        let refused = State::Refused {
            reason: RefuseReason::Conflict,
        };
        for state in [
            LAPSED,
            CANCELLED,
            refused,
            State::Refunding {
                payment: payment("PAY1"),
            },
        ] {
            assert!(matches!(pay(state, "PAY2", 700), Paying::Refund(_)));
        }
    }

    #[test]
    fn a_refund_ends_where_its_own_money_is_back() {
        let refunding = paid().refund().unwrap();
        assert_eq!(refunding.clone().refund(), Ok(refunding.clone()));
        assert_eq!(refunding.clone().refunded(&payment("PAY2").no), refunding);
        let refunded = refunding.refunded(&payment("PAY1").no);
        assert_eq!(
            refunded,
            State::Refunded {
                payment: payment("PAY1")
            }
        );
        assert_eq!(pay(refunded, "PAY1", 700), Paying::Known);
        assert_eq!(OPENED.refund(), Err(Wrong::Unpaid));
    }

    #[test]
    fn units_are_held_until_the_order_is_over() {
        assert!(PENDING.is_live() && LAPSING.is_live() && paid().is_live());
        assert!(!LAPSED.is_live() && !paid().refund().unwrap().is_live());
    }
}
