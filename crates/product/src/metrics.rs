use std::sync::LazyLock;

use prometheus::{IntCounterVec, register_int_counter_vec};

use crate::domain::{Kind, Outcome};

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

pub(crate) fn stock_moved(kind: Kind, outcome: Outcome) {
    STOCK_MOVES
        .with_label_values(&[kind.word(), outcome.word()])
        .inc();
}
