//! How an order's state is spelled in its row.

use money::Money;

use super::Corrupt;
use crate::domain::{
    CloseReason, Epoch, Order, Payment, PaymentNo, RefuseReason, RequestKey, Snapshot, State,
};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) activity_id: i64,
    pub(super) user_id: i64,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) epoch: i64,
    pub(super) at_ms: i64,
    pub(super) request_key: String,
    pub(super) units: String,
    pub(super) product_id: i64,
    pub(super) product_name: String,
    pub(super) product_image: String,
    pub(super) price_fen: i64,
    pub(super) expires_at_ms: i64,
    pub(super) pay_opened: bool,
    pub(super) payment_no: String,
    pub(super) paid_at_ms: i64,
}

/// An order's state as its columns say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Columns<'a> {
    pub(super) state: &'static str,
    pub(super) reason: &'static str,
    pub(super) pay_opened: bool,
    pub(super) payment_no: &'a str,
    pub(super) paid_at_ms: i64,
    pub(super) due_at_ms: Option<i64>,
}

/// A name and the value that it stands for, both ways.
type Names<T> = [(&'static str, T)];

const CLOSE_REASONS: &Names<CloseReason> = &[
    ("lapsed", CloseReason::Lapsed),
    ("cancelled", CloseReason::Cancelled),
];
const REFUSE_REASONS: &Names<RefuseReason> = &[
    ("interrupted", RefuseReason::Interrupted),
    ("conflict", RefuseReason::Conflict),
];

fn value<T: Copy>(names: &Names<T>, name: &str) -> Option<T> {
    names
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
}

fn name<T: PartialEq>(names: &Names<T>, value: &T) -> &'static str {
    names
        .iter()
        .find(|(_, known)| known == value)
        .map_or("", |(name, _)| name)
}

/// Of a closed or refused order, as rows and callers spell it; otherwise empty.
pub(crate) fn reason_name(state: &State) -> &'static str {
    match state {
        State::Closing { reason } | State::Closed { reason } => name(CLOSE_REASONS, reason),
        State::Refused { reason } => name(REFUSE_REASONS, reason),
        State::Pending { .. }
        | State::Paid { .. }
        | State::Refunding { .. }
        | State::Refunded { .. } => "",
    }
}

pub(crate) fn state_name(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "pending",
        State::Closing { .. } => "closing",
        State::Paid { .. } => "paid",
        State::Closed { .. } => "closed",
        State::Refused { .. } => "refused",
        State::Refunding { .. } => "refunding",
        State::Refunded { .. } => "refunded",
    }
}

/// `ask_at_ms`: when a closing order is looked at again.
pub(super) fn columns(state: &State, ask_at_ms: i64) -> Columns<'_> {
    let payment = state.payment();
    Columns {
        state: state_name(state),
        reason: reason_name(state),
        pay_opened: match state {
            State::Pending { pay_opened, .. } => *pay_opened,
            // Kept as the fact that it is: only an opened payment closes slowly or pays.
            State::Closing { .. }
            | State::Paid { .. }
            | State::Refunding { .. }
            | State::Refunded { .. } => true,
            State::Closed { .. } | State::Refused { .. } => false,
        },
        payment_no: payment.map_or("", |payment| payment.no.as_str()),
        paid_at_ms: payment.map_or(0, |payment| payment.at_ms),
        due_at_ms: match state {
            State::Pending { expires_at_ms, .. } => Some(*expires_at_ms),
            State::Closing { .. } => Some(ask_at_ms),
            State::Paid { .. }
            | State::Closed { .. }
            | State::Refused { .. }
            | State::Refunding { .. }
            | State::Refunded { .. } => None,
        },
    }
}

impl Row {
    pub(super) fn into_order(self) -> Result<Order, Corrupt> {
        let corrupt = |what| Corrupt {
            table: "orders",
            id: self.id,
            what,
        };
        Ok(Order {
            state: self.read_state().ok_or_else(|| corrupt("state"))?,
            id: self.id.try_into().map_err(|_| corrupt("id"))?,
            activity: self
                .activity_id
                .try_into()
                .map_err(|_| corrupt("activity_id"))?,
            user: self.user_id.try_into().map_err(|_| corrupt("user_id"))?,
            epoch: Epoch(self.epoch),
            at_ms: self.at_ms,
            request_key: RequestKey::parse(&self.request_key)
                .map_err(|_| corrupt("request_key"))?,
            units: self.units.parse().map_err(|_| corrupt("units"))?,
            terms: Snapshot {
                product: self
                    .product_id
                    .try_into()
                    .map_err(|_| corrupt("product_id"))?,
                price: Money::from_fen(self.price_fen).map_err(|_| corrupt("price_fen"))?,
                product_name: self.product_name,
                product_image: self.product_image,
            },
            expires_at_ms: self.expires_at_ms,
        })
    }

    fn read_state(&self) -> Option<State> {
        read_state(
            (&self.state, &self.reason),
            self.expires_at_ms,
            self.pay_opened,
            (&self.payment_no, self.paid_at_ms),
        )
    }
}

/// A state as its columns say it: name and reason, and the number and the time of the payment.
pub(super) fn read_state(
    (state, reason): (&str, &str),
    expires_at_ms: i64,
    pay_opened: bool,
    (payment_no, paid_at_ms): (&str, i64),
) -> Option<State> {
    let payment = || {
        Some(Payment {
            no: PaymentNo::parse(payment_no)?,
            at_ms: paid_at_ms,
        })
    };
    Some(match state {
        "pending" => State::Pending {
            expires_at_ms,
            pay_opened,
        },
        "closing" => State::Closing {
            reason: value(CLOSE_REASONS, reason)?,
        },
        "paid" => State::Paid {
            payment: payment()?,
        },
        "closed" => State::Closed {
            reason: value(CLOSE_REASONS, reason)?,
        },
        "refused" => State::Refused {
            reason: value(REFUSE_REASONS, reason)?,
        },
        "refunding" => State::Refunding {
            payment: payment()?,
        },
        "refunded" => State::Refunded {
            payment: payment()?,
        },
        _ => return None,
    })
}
