//! What order counts beside what the platform counts for it.

use std::{sync::LazyLock, time::Duration};

use prometheus::{
    Histogram, HistogramOpts, IntCounterVec, IntGauge, histogram_opts, register_histogram,
    register_int_counter_vec, register_int_gauge,
};

macro_rules! metric {
    ($name:ident: $type:ty = $made:expr) => {
        pub(crate) static $name: LazyLock<$type> =
            LazyLock::new(|| $made.expect("the metric's name is free"));
    };
}

metric!(LAND: IntCounterVec = register_int_counter_vec!(
    "order_land_total",
    "Items of reservation messages, by what became of them",
    &["outcome"]
));
metric!(LAND_ROWS: Histogram = register_histogram!(histogram_opts!(
    "order_land_rows",
    "Orders per landing transaction",
    vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0]
)));
metric!(LAND_LAG: Histogram = register_histogram!(lag()));
metric!(CLOSING_BACKLOG: IntGauge = register_int_gauge!(
    "order_closing_backlog",
    "Orders that are due to be closed or asked about and nobody has claimed"
));
metric!(RETAIL: IntCounterVec = register_int_counter_vec!(
    "order_retail_total",
    "Ordinary orders that were asked for, by what became of them",
    &["outcome"]
));
metric!(COUPON: IntCounterVec = register_int_counter_vec!(
    "order_coupon_claims_total",
    "Coupons that were asked for, by what became of it",
    &["outcome"]
));
metric!(ALARM: IntCounterVec = register_int_counter_vec!(
    "order_alarm_total",
    "What must not happen and somebody should look at",
    &["kind"]
));

fn lag() -> HistogramOpts {
    histogram_opts!(
        "order_landing_lag_seconds",
        "From the reservation to its order's row",
        vec![
            0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0
        ]
    )
}

pub(crate) fn observe_rows(orders: u32) {
    LAND_ROWS.observe(orders.into());
}

pub(crate) fn observe_lag(ms: i64) {
    let seconds = Duration::from_millis(ms.max(0).unsigned_abs()).as_secs_f64();
    LAND_LAG.observe(seconds);
}

/// What must not happen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alarm {
    /// A message of a later epoch than the sale's row, or of no sale: MySQL lost a commit.
    Ahead,
    /// One order id with two buyers or two sets of units.
    Differs,
    /// A message that no version of ours writes.
    Malformed,
    /// A payment of another amount than the order's.
    WrongAmount,
    /// One payment for two orders.
    PaymentReused,
    /// An event about an order that has no row.
    NoOrder,
    /// More live units than units.
    Oversold,
}

impl Alarm {
    pub(crate) fn raise(self) {
        ALARM.with_label_values(&[self.label()]).inc();
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Differs => "differs",
            Self::Malformed => "malformed",
            Self::WrongAmount => "wrong_amount",
            Self::PaymentReused => "payment_reused",
            Self::NoOrder => "no_order",
            Self::Oversold => "oversold",
        }
    }
}
