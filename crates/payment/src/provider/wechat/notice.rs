//! A notification: verified, opened and read, in this order.

use std::fmt::Write;

use serde::de::DeserializeOwned;
use wechatpay::{RefundNotice as RefundFacts, Transaction, notify::Envelope};

use super::{
    RefundAnswer,
    keys::Keys,
    messages::{noticed, seen},
};
use crate::{domain::Seen, error::Error};

#[derive(Debug)]
pub(crate) struct Notice {
    /// The same at every repeat.
    pub id: String,
    pub event_type: String,
    /// The signature's headers, kept with the body for whoever has to prove what came.
    pub headers: String,
    pub about: About,
}

#[derive(Debug)]
pub(crate) enum About {
    Payment(PaymentNotice),
    Refund(RefundNotice),
    /// An event that we know nothing of.
    Other,
}

#[derive(Debug)]
pub(crate) struct PaymentNotice {
    pub number: String,
    /// Whether merchant and app are ours.
    pub ours: bool,
    pub seen: Seen,
}

#[derive(Debug)]
pub(crate) struct RefundNotice {
    pub number: String,
    pub ours: bool,
    pub answer: RefundAnswer,
}

impl About {
    pub(crate) fn number(&self) -> &str {
        match self {
            Self::Payment(payment) => &payment.number,
            Self::Refund(refund) => &refund.number,
            Self::Other => "",
        }
    }
}

pub(super) fn read(
    keys: &Keys,
    (appid, mchid): (&str, &str),
    headers: &[(String, String)],
    body: &[u8],
    now_s: i64,
) -> Result<Notice, Error> {
    keys.verify_relayed(headers, body, now_s)
        .map_err(|error| Error::Forged(error.into()))?;
    let envelope: Envelope = json(body)?;
    let (plain, by_previous) = keys
        .api
        .open(&envelope.resource)
        .map_err(|error| Error::Undecryptable(error.into()))?;
    if by_previous {
        tracing::warn!("a notification was sealed with the previous API v3 key");
    }
    let event = envelope.event_type.as_str();
    let about = if event.starts_with("TRANSACTION.") {
        let transaction: Transaction = json(&plain)?;
        About::Payment(PaymentNotice {
            ours: transaction.mchid == mchid && transaction.appid == appid,
            seen: seen(&transaction).map_err(|error| Error::Unreadable(error.into()))?,
            number: transaction.out_trade_no,
        })
    } else if event.starts_with("REFUND.") {
        let refund: RefundFacts = json(&plain)?;
        About::Refund(RefundNotice {
            ours: refund.mchid == mchid,
            answer: noticed(&refund).map_err(|error| Error::Unreadable(error.into()))?,
            number: refund.out_refund_no,
        })
    } else {
        About::Other
    };
    Ok(Notice {
        id: envelope.id,
        event_type: envelope.event_type,
        headers: lines(headers),
        about,
    })
}

fn lines(headers: &[(String, String)]) -> String {
    let mut lines = String::new();
    let signing = |(name, _): &&(String, String)| name.starts_with("wechatpay-");
    for (name, value) in headers.iter().filter(signing) {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{name}: {value}");
    }
    lines
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Unreadable(error.into()))
}
