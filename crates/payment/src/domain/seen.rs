use super::{Payment, Receipt, State};

/// What a payment company says about a payment, in a signed answer or a signed notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It does not know the number.
    Absent,
    Unpaid,
    Closed,
    Paid(Taken),
}

/// Money that a payment company says it took for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub transaction_id: String,
    /// What was asked for, before the company's own coupons.
    pub amount_fen: i64,
    pub currency: String,
    pub at_ms: i64,
}

/// What an observation means for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Known already, or nothing new.
    Nothing,
    Paid(Receipt),
    Closed,
    /// It must not move; a person has to look.
    Mismatch(Mismatch),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mismatch {
    /// Another amount or currency than was asked for.
    Amount,
    /// A second transaction for a number that is paid.
    Transaction,
    /// A transaction that another number is paid with.
    Reused,
}

impl Mismatch {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Amount => "wrong_amount",
            Self::Transaction => "second_transaction",
            Self::Reused => "reused_transaction",
        }
    }
}

impl Payment {
    /// Judges what the company says. A late success never undoes a refund, and closed is believed
    /// only of what is not paid.
    pub(crate) fn judge(&self, seen: &Seen) -> Verdict {
        match seen {
            Seen::Absent | Seen::Unpaid => Verdict::Nothing,
            Seen::Closed => match self.state {
                State::Opening | State::Pending(_) | State::Closing => Verdict::Closed,
                State::Closed { .. }
                | State::Paid(_)
                | State::Refunding(_)
                | State::Refunded(_) => Verdict::Nothing,
            },
            Seen::Paid(taken) => self.judge_taken(taken),
        }
    }

    fn judge_taken(&self, taken: &Taken) -> Verdict {
        if taken.amount_fen != self.amount.fen() || taken.currency != "CNY" {
            return Verdict::Mismatch(Mismatch::Amount);
        }
        match self.state.receipt() {
            None => Verdict::Paid(Receipt {
                transaction_id: Some(taken.transaction_id.clone()),
                at_ms: taken.at_ms,
            }),
            Some(receipt) if receipt.transaction_id.as_ref() == Some(&taken.transaction_id) => {
                Verdict::Nothing
            }
            Some(_) => Verdict::Mismatch(Mismatch::Transaction),
        }
    }
}

#[cfg(test)]
mod tests {
    use ids::{PaymentId, UserId};
    use money::Money;

    use super::*;
    use crate::{
        domain::{Bill, Channel, Subject},
        purposes::Purpose,
    };

    fn pending() -> Payment {
        let bill = Bill {
            user: UserId::try_from(7).ok(),
            amount: Money::from_fen(990).unwrap(),
            expires_at_ms: 0,
        };
        let subject = Subject {
            name: "ORD20261121000000000042".into(),
            id: 42,
        };
        let id = PaymentId::try_from(1).unwrap();
        Payment::new(id, Purpose::Order, subject, bill, Channel::WechatNative, 1)
    }

    fn taken(amount_fen: i64) -> Seen {
        let transaction_id = "4200".into();
        Seen::Paid(Taken {
            transaction_id,
            amount_fen,
            currency: "CNY".into(),
            at_ms: 9,
        })
    }

    #[test]
    fn the_full_amount_pays_once() {
        let Verdict::Paid(receipt) = pending().judge(&taken(990)) else {
            panic!()
        };
        let paid = pending().pay(receipt).unwrap();
        assert_eq!(paid.judge(&taken(990)), Verdict::Nothing);
        assert_eq!(paid.judge(&Seen::Closed), Verdict::Nothing);
        let refunding = paid.start_refund(Money::from_fen(990).unwrap()).unwrap();
        assert_eq!(refunding.judge(&taken(990)), Verdict::Nothing);
    }

    #[test]
    fn another_amount_currency_or_transaction_needs_a_person() {
        assert_eq!(
            pending().judge(&taken(989)),
            Verdict::Mismatch(Mismatch::Amount)
        );
        let mut dollars = taken(990);
        if let Seen::Paid(taken) = &mut dollars {
            taken.currency = "USD".into();
        }
        assert_eq!(
            pending().judge(&dollars),
            Verdict::Mismatch(Mismatch::Amount)
        );
        let other = Receipt {
            transaction_id: Some("4201".into()),
            at_ms: 2,
        };
        let paid = pending().pay(other).unwrap();
        assert_eq!(
            paid.judge(&taken(990)),
            Verdict::Mismatch(Mismatch::Transaction)
        );
    }

    #[test]
    fn closed_is_believed_of_what_is_not_paid() {
        assert_eq!(pending().judge(&Seen::Closed), Verdict::Closed);
        assert_eq!(pending().judge(&Seen::Absent), Verdict::Nothing);
    }
}
