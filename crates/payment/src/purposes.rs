//! What is paid for. Order numbers are allowed by `order.AllowPayment` and told through
//! `order.payment_paid`, `…_closed` and `…_refunded`; comparison jobs likewise by `compare`.
//! A top-up is ours: what it pays for is the payer's balance, in the same transaction.

use db::Tx;
use ids::OrderNo;
use proto::{compare, order};

use crate::{
    domain::{Payment, Receipt, Refund, Subject},
    error::Error,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Order,
    CompareJob,
    TopUp,
}

impl Purpose {
    pub(crate) const ALL: [Self; 3] = [Self::Order, Self::CompareJob, Self::TopUp];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::CompareJob => "compare_job",
            Self::TopUp => "top_up",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    /// What is paid for, by its public name.
    pub(crate) fn subject(self, name: &str) -> Result<Subject, Error> {
        match self {
            Self::Order => name
                .parse::<OrderNo>()
                .map(Subject::order)
                .map_err(|_| Error::Parameter("the order number is not one")),
            Self::CompareJob => {
                Subject::compare_job(name).ok_or(Error::Parameter("the job is not one"))
            }
            Self::TopUp => Subject::top_up(name).ok_or(Error::Parameter("the top-up is not one")),
        }
    }

    /// What the payer reads in the company's app.
    pub(crate) fn description(self, subject: &str) -> String {
        match self {
            Self::Order => format!("订单 {subject}"),
            Self::CompareJob => format!("对比导出 {subject}"),
            // Its subject holds a key of the payer's.
            Self::TopUp => "余额充值".to_owned(),
        }
    }
}

/// Tells the subject's owner that the payment came in, in the transaction that records it.
pub(crate) async fn announce_paid(
    tx: &mut Tx<'_>,
    payment: &Payment,
    receipt: &Receipt,
    now_ms: i64,
) -> Result<(), Error> {
    match payment.purpose {
        Purpose::Order => {
            let message = order::PaymentPaid {
                order_id: payment.subject.id,
                payment_no: payment.no.to_string(),
                amount_fen: payment.amount.fen(),
                paid_at_ms: receipt.at_ms,
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::CompareJob => {
            let message = compare::PaymentPaid {
                job_id: payment.subject.name.clone(),
                payment_no: payment.no.to_string(),
                amount_fen: payment.amount.fen(),
                paid_at_ms: receipt.at_ms,
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::TopUp => Ok(()),
    }
}

/// Tells the subject's owner that nothing can be paid for it any more. No payment: none was ever
/// opened.
pub(crate) async fn announce_closed(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    subject: &Subject,
    payment_no: Option<ids::PaymentNo>,
    now_ms: i64,
) -> Result<(), Error> {
    match purpose {
        Purpose::Order => {
            let payment_no = payment_no.map(|no| no.to_string()).unwrap_or_default();
            let message = order::PaymentClosed {
                order_id: subject.id,
                payment_no,
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::CompareJob => {
            let payment_no = payment_no.map(|no| no.to_string()).unwrap_or_default();
            let message = compare::PaymentClosed {
                job_id: subject.name.clone(),
                payment_no,
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::TopUp => Ok(()),
    }
}

/// Tells the subject's owner that the money is back.
pub(crate) async fn announce_refunded(
    tx: &mut Tx<'_>,
    payment: &Payment,
    refund: &Refund,
    now_ms: i64,
) -> Result<(), Error> {
    match payment.purpose {
        Purpose::Order => {
            let message = order::PaymentRefunded {
                order_id: payment.subject.id,
                payment_no: payment.no.to_string(),
                refund_no: refund.no.to_string(),
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::CompareJob => {
            let message = compare::PaymentRefunded {
                job_id: payment.subject.name.clone(),
                payment_no: payment.no.to_string(),
                refund_no: refund.no.to_string(),
            };
            outbox::append(tx, &message, now_ms).await?;
            Ok(())
        }
        Purpose::TopUp => Ok(()),
    }
}
