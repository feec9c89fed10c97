//! A payment as columns, and back.

use ids::{PaymentId, PaymentNo, UserId};
use money::Money;

use super::CorruptRow;
use crate::{
    domain::{Channel, CodeUrl, Payment, Receipt, State, Subject},
    purposes::Purpose,
};

pub(super) struct PaymentRow {
    pub(super) id: i64,
    pub(super) payment_no: String,
    pub(super) purpose: String,
    pub(super) subject: String,
    pub(super) subject_id: i64,
    pub(super) user_id: i64,
    pub(super) channel: String,
    pub(super) amount_fen: i64,
    pub(super) reserved_fen: i64,
    pub(super) refunded_fen: i64,
    pub(super) state: String,
    pub(super) live: Option<i8>,
    pub(super) barred: bool,
    pub(super) open_request: Option<String>,
    pub(super) code_url: Option<String>,
    pub(super) code_url_at_ms: Option<i64>,
    pub(super) transaction_id: Option<String>,
    pub(super) created_at_ms: i64,
    pub(super) expires_at_ms: i64,
    pub(super) paid_at_ms: Option<i64>,
    pub(super) closed_at_ms: Option<i64>,
    pub(super) checks: i32,
}

impl TryFrom<PaymentRow> for Payment {
    type Error = CorruptRow;

    fn try_from(row: PaymentRow) -> Result<Self, CorruptRow> {
        let corrupt = |what, value: &str| CorruptRow {
            table: "payments",
            id: row.id,
            what,
            value: value.to_owned(),
        };
        let money =
            |what, fen: i64| Money::from_fen(fen).map_err(|_| corrupt(what, &fen.to_string()));
        let no: PaymentNo = row
            .payment_no
            .parse()
            .map_err(|_| corrupt("payment_no", &row.payment_no))?;
        if PaymentId::try_from(row.id).ok() != Some(no.id()) {
            return Err(corrupt("payment_no", &row.payment_no));
        }
        Ok(Self {
            no,
            purpose: Purpose::from_name(&row.purpose)
                .ok_or_else(|| corrupt("purpose", &row.purpose))?,
            user: match row.user_id {
                0 => None,
                id => Some(UserId::try_from(id).map_err(|_| corrupt("user_id", &id.to_string()))?),
            },
            channel: Channel::from_name(&row.channel)
                .ok_or_else(|| corrupt("channel", &row.channel))?,
            amount: money("amount_fen", row.amount_fen)?,
            reserved: money("reserved_fen", row.reserved_fen)?,
            refunded: money("refunded_fen", row.refunded_fen)?,
            state: state(&row).ok_or_else(|| corrupt("state", &row.state))?,
            subject: Subject {
                name: row.subject,
                id: row.subject_id,
            },
            barred: row.barred,
            live: row.live.is_some(),
            open_request: row.open_request,
            created_at_ms: row.created_at_ms,
            expires_at_ms: row.expires_at_ms,
            checks: row.checks,
        })
    }
}

fn state(row: &PaymentRow) -> Option<State> {
    let receipt = || {
        Some(Receipt {
            transaction_id: row.transaction_id.clone(),
            at_ms: row.paid_at_ms?,
        })
    };
    Some(match row.state.as_str() {
        "opening" => State::Opening,
        "pending" => State::Pending(CodeUrl {
            text: row.code_url.clone()?,
            at_ms: row.code_url_at_ms?,
        }),
        "closing" => State::Closing,
        "closed" => State::Closed {
            at_ms: row.closed_at_ms?,
        },
        "paid" => State::Paid(receipt()?),
        "refunding" => State::Refunding(receipt()?),
        "refunded" => State::Refunded(receipt()?),
        _ => return None,
    })
}

/// What a state's data is as columns.
pub(super) struct Flat<'a> {
    pub(super) live: Option<i8>,
    pub(super) code_url: Option<&'a str>,
    pub(super) code_url_at_ms: Option<i64>,
    pub(super) transaction_id: Option<&'a str>,
    pub(super) paid_at_ms: Option<i64>,
    pub(super) closed_at_ms: Option<i64>,
}

impl<'a> Flat<'a> {
    pub(super) fn of(payment: &'a Payment) -> Self {
        let receipt = payment.state.receipt();
        let code_url = payment.state.code_url();
        let closed_at_ms = match payment.state {
            State::Closed { at_ms } => Some(at_ms),
            State::Opening
            | State::Pending(_)
            | State::Closing
            | State::Paid(_)
            | State::Refunding(_)
            | State::Refunded(_) => None,
        };
        Self {
            live: payment.live.then_some(1),
            code_url: code_url.map(|code_url| code_url.text.as_str()),
            code_url_at_ms: code_url.map(|code_url| code_url.at_ms),
            transaction_id: receipt.and_then(|receipt| receipt.transaction_id.as_deref()),
            paid_at_ms: receipt.map(|receipt| receipt.at_ms),
            closed_at_ms,
        }
    }
}
