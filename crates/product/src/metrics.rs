use std::sync::LazyLock;

use prometheus::{IntCounterVec, register_int_counter_vec};

use crate::domain::{Kind, Outcome, Purpose, Refusal};

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static STOCK_MOVES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "product_stock_moves_total",
        "Movements of stock, repeats not counted",
        &["kind", "outcome"]
    )
    .expect("product_stock_moves_total is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static RESERVATIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "product_reservations_total",
        "What ordinary orders asked of the stock, repeats not counted",
        &["outcome"]
    )
    .expect("product_reservations_total is registered once")
});

/// `None`: held.
pub(crate) fn reserved(refusal: Option<Refusal>) {
    let outcome = refusal.map_or("held", Refusal::word);
    RESERVATIONS.with_label_values(&[outcome]).inc();
}

pub(crate) fn settled(purpose: Purpose) {
    RESERVATIONS.with_label_values(&[purpose.word()]).inc();
}

pub(crate) fn stock_moved(kind: Kind, outcome: Outcome) {
    STOCK_MOVES
        .with_label_values(&[kind.word(), outcome.word()])
        .inc();
}
