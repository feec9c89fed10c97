//! What an operator of the money path watches. Verbs are counted by `rpc`, consumers by `mq`.

use std::{sync::LazyLock, time::Duration};

use prometheus::{HistogramVec, IntCounterVec, register_histogram_vec, register_int_counter_vec};
use tracing::error;

use fault::Fault;

use crate::{domain::Mismatch, error::Error};

/// Something about money that a person has to look at (deploy/runbooks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// Another amount, currency or transaction than ours.
    Mismatch(Mismatch),
    /// Signed for us, about a merchant or an app that is not ours.
    ForeignMerchant,
    /// Signed for us, about a number that we never gave out.
    UnknownNumber,
    /// Validly signed, and our API v3 key does not open it.
    Undecryptable,
    /// The provider gave a refund up.
    RefundAbnormal,
    /// The provider refused a refund for now: no balance, no permission.
    RefundRefused,
    /// A refund of another amount than ours.
    RefundAmount,
    /// A refund is due for a payment that never came in.
    RefundOfUnpaid,
    /// The provider refused to open a payment: configuration or contract.
    OpenRefused,
}

impl Alarm {
    const ALL: [Self; 11] = [
        Self::Mismatch(Mismatch::Amount),
        Self::Mismatch(Mismatch::Transaction),
        Self::Mismatch(Mismatch::Reused),
        Self::ForeignMerchant,
        Self::UnknownNumber,
        Self::Undecryptable,
        Self::RefundAbnormal,
        Self::RefundRefused,
        Self::RefundAmount,
        Self::RefundOfUnpaid,
        Self::OpenRefused,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mismatch(mismatch) => mismatch.name(),
            Self::ForeignMerchant => "foreign_merchant",
            Self::UnknownNumber => "unknown_number",
            Self::Undecryptable => "undecryptable",
            Self::RefundAbnormal => "refund_abnormal",
            Self::RefundRefused => "refund_refused",
            Self::RefundAmount => "refund_amount",
            Self::RefundOfUnpaid => "refund_of_unpaid",
            Self::OpenRefused => "open_refused",
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "a metric's name and labels are constants"
)]
static ALARMS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "payment_alarm_total",
        "Things about money that a person has to look at.",
        &["kind"]
    )
    .expect("payment_alarm_total is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric's name and labels are constants"
)]
static NOTIFICATIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "payment_notifications_total",
        "Notifications of payment companies, by what became of them.",
        &["outcome"]
    )
    .expect("payment_notifications_total is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric's name and labels are constants"
)]
static CALLS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "payment_provider_seconds",
        "Calls of payment companies, one per attempt.",
        &["call", "outcome"],
        vec![0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
    )
    .expect("payment_provider_seconds is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric's name and labels are constants"
)]
static TRANSFERS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "payment_transfers_total",
        "Transfers between balances, by what became of them.",
        &["outcome"]
    )
    .expect("payment_transfers_total is registered once")
});

/// Every alarm starts at 0, so that the first one is seen to rise.
pub(crate) fn start() {
    for alarm in Alarm::ALL {
        ALARMS.with_label_values(&[alarm.name()]).inc_by(0);
    }
}

/// Counts and logs it; `about` is a payment or refund number.
pub(crate) fn alarm(alarm: Alarm, about: &str) {
    ALARMS.with_label_values(&[alarm.name()]).inc();
    error!(
        alarm.kind = alarm.name(),
        payment.about = about,
        "money needs a person"
    );
}

pub(crate) fn notified(outcome: &str) {
    NOTIFICATIONS.with_label_values(&[outcome]).inc();
}

/// `Ok(true)`: it had been made before.
pub(crate) fn transferred(outcome: &Result<bool, Error>) {
    let name = match outcome {
        Ok(false) => "done",
        Ok(true) => "repeated",
        Err(Error::BalanceTooLittle) => "balance_too_little",
        Err(error) if error.reason() == fault::Reason::Unavailable => "unavailable",
        Err(_) => "refused",
    };
    TRANSFERS.with_label_values(&[name]).inc();
}

pub(crate) fn called(call: &str, outcome: &str, took: Duration) {
    let seconds = took.as_secs_f64();
    CALLS.with_label_values(&[call, outcome]).observe(seconds);
}
