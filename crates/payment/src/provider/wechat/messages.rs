//! Our payments and refunds in the company's words, and back.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use wechatpay::{
    Amount, NativeOrder, PaidAmount, RefundAmount, RefundNotice, RefundOrder, RefundStatus,
    RefundedAmount, TradeState, Transaction,
};

use crate::domain::{Payment, Refund, RefundSeen, Seen, TRANSACTION_ID_MAX, Taken};

/// What the company says about a refund of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundAnswer {
    pub provider_id: String,
    pub amount_fen: i64,
    pub seen: RefundSeen,
}

/// Signed by the company, and not to be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Senseless {
    #[error("paid, without {0}")]
    Without(&'static str),
    #[error("{0} is no time")]
    NoTime(String, #[source] chrono::ParseError),
    #[error("the state {0} belongs to no payment of ours")]
    State(String),
}

/// A body, as it is kept and sent: a repeat must be the same byte for byte.
pub(super) fn to_json(body: &impl Serialize) -> String {
    // Structs of texts and numbers: nothing in them can fail to be written.
    serde_json::to_string(body).unwrap_or_default()
}

pub(super) fn native_order(
    payment: &Payment,
    appid: &str,
    mchid: &str,
    notify_url: &str,
) -> NativeOrder {
    let expires = clock::in_shanghai(clock::from_ms(payment.expires_at_ms));
    NativeOrder {
        appid: appid.to_owned(),
        mchid: mchid.to_owned(),
        description: payment.purpose.description(&payment.subject.name),
        out_trade_no: payment.no.to_string(),
        time_expire: Some(expires.to_rfc3339_opts(SecondsFormat::Secs, false)),
        attach: None,
        notify_url: notify_url.to_owned(),
        amount: Amount::fen(payment.amount.fen()),
    }
}

pub(super) fn refund_order(payment: &Payment, refund: &Refund, notify_url: &str) -> RefundOrder {
    RefundOrder {
        out_trade_no: payment.no.to_string(),
        out_refund_no: refund.no.to_string(),
        reason: (!refund.reason.is_empty()).then(|| refund.reason.clone()),
        notify_url: Some(notify_url.to_owned()),
        amount: RefundAmount {
            refund: refund.amount.fen(),
            total: payment.amount.fen(),
            currency: "CNY".to_owned(),
        },
    }
}

pub(super) fn seen(transaction: &Transaction) -> Result<Seen, Senseless> {
    match &transaction.trade_state {
        TradeState::NotPay => Ok(Seen::Unpaid),
        TradeState::Closed => Ok(Seen::Closed),
        // What became of the money later is the refund's story.
        TradeState::Success | TradeState::Refund => taken(transaction).map(Seen::Paid),
        TradeState::Other(state) => Err(Senseless::State(state.clone())),
    }
}

fn taken(transaction: &Transaction) -> Result<Taken, Senseless> {
    let fits = |id: &String| (1..=TRANSACTION_ID_MAX).contains(&id.len());
    let id = transaction.transaction_id.clone().filter(fits);
    let PaidAmount {
        total, currency, ..
    } = transaction
        .amount
        .clone()
        .ok_or(Senseless::Without("amount"))?;
    let at = transaction
        .success_time
        .as_deref()
        .ok_or(Senseless::Without("success_time"))?;
    Ok(Taken {
        transaction_id: id.ok_or(Senseless::Without("transaction_id"))?,
        amount_fen: total,
        currency,
        at_ms: time_ms(at)?,
    })
}

pub(super) fn answer(refund: &wechatpay::Refund) -> Result<RefundAnswer, Senseless> {
    let time = refund.success_time.as_deref();
    refund_answer(&refund.refund_id, &refund.amount, &refund.status, time)
}

pub(super) fn noticed(notice: &RefundNotice) -> Result<RefundAnswer, Senseless> {
    let time = notice.success_time.as_deref();
    refund_answer(
        &notice.refund_id,
        &notice.amount,
        &notice.refund_status,
        time,
    )
}

fn refund_answer(
    provider_id: &str,
    amount: &RefundedAmount,
    status: &RefundStatus,
    success_time: Option<&str>,
) -> Result<RefundAnswer, Senseless> {
    let seen = match status {
        RefundStatus::Processing => RefundSeen::Processing,
        RefundStatus::Success => RefundSeen::Succeeded {
            at_ms: time_ms(success_time.ok_or(Senseless::Without("success_time"))?)?,
        },
        RefundStatus::Closed | RefundStatus::Abnormal => RefundSeen::GivenUp,
        RefundStatus::Other(status) => return Err(Senseless::State(status.clone())),
    };
    Ok(RefundAnswer {
        provider_id: provider_id.to_owned(),
        amount_fen: amount.refund,
        seen,
    })
}

fn time_ms(text: &str) -> Result<i64, Senseless> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.timestamp_millis())
        .map_err(|error| Senseless::NoTime(text.to_owned(), error))
}
