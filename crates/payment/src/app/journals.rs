//! What payments and refunds are in the ledger.

use crate::{
    domain::{Channel, Payment, Refund, RefundState},
    error::Error,
    ledger::{Account, Journal},
    purposes::Purpose,
};

/// Where the money lies that was paid through `payment`: with the company, or it was the payer's
/// own.
fn source(payment: &Payment) -> Result<Account, Error> {
    match payment.channel {
        Channel::Wallet => payer(payment),
        channel @ (Channel::WechatNative | Channel::Mock | Channel::None) => {
            Ok(Account::provider(channel))
        }
    }
}

/// Who has it from then on.
fn destination(payment: &Payment) -> Result<Account, Error> {
    match payment.purpose {
        Purpose::TopUp => payer(payment),
        purpose @ (Purpose::Order | Purpose::CompareJob) => Ok(Account::sales(purpose)),
    }
}

fn payer(payment: &Payment) -> Result<Account, Error> {
    let user = payment.user.ok_or(Error::Ledger("a payment of nobody's"))?;
    Ok(Account::user(user))
}

fn about_payment(journal: Journal, payment: &Payment) -> Journal {
    journal
        .memo(&payment.purpose.description(&payment.subject.name))
        .spread(payment.no.id().get())
}

/// Money came in.
pub(super) fn paid(payment: &Payment) -> Result<Journal, Error> {
    let kind = match payment.purpose {
        Purpose::TopUp => "top_up",
        Purpose::Order | Purpose::CompareJob => "payment",
    };
    let journal = Journal::between(
        kind,
        format!("paid/{}", payment.no),
        payment.no.to_string(),
        (source(payment)?, destination(payment)?),
        payment.amount.fen(),
    )?;
    Ok(about_payment(journal, payment))
}

/// A refund is reserved: what it takes lies apart until the company has paid it out, and is back at
/// once without one.
pub(super) fn refund(payment: &Payment, refund: &Refund) -> Result<Journal, Error> {
    let back = match refund.state {
        RefundState::Succeeded { .. } => source(payment)?,
        RefundState::Due | RefundState::Processing | RefundState::Abnormal => {
            Account::refunding(payment.channel)
        }
    };
    let journal = Journal::between(
        "refund",
        format!("refund/{}", refund.no),
        refund.no.to_string(),
        (destination(payment)?, back),
        refund.amount.fen(),
    )?;
    Ok(about_payment(journal, payment))
}

/// The company has paid a refund out.
pub(super) fn refunded(payment: &Payment, refund: &Refund) -> Result<Journal, Error> {
    let journal = Journal::between(
        "refunded",
        format!("refunded/{}", refund.no),
        refund.no.to_string(),
        (Account::refunding(payment.channel), source(payment)?),
        refund.amount.fen(),
    )?;
    Ok(about_payment(journal, payment))
}
