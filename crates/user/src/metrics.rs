use std::sync::LazyLock;

use prometheus::{
    HistogramTimer, HistogramVec, IntCounterVec, register_histogram_vec, register_int_counter_vec,
};

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static PASSWORD_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "user_password_seconds",
        "Hashing, without the wait for it",
        &["work"]
    )
    .expect("user_password_seconds is registered once")
});

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static SESSIONS_REVOKED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "user_sessions_revoked_total",
        "Sessions that were ended, by cause",
        &["cause"]
    )
    .expect("user_sessions_revoked_total is registered once")
});

pub(crate) fn password_timer(work: &str) -> HistogramTimer {
    PASSWORD_SECONDS.with_label_values(&[work]).start_timer()
}

/// `cause`: logout, password, reuse, role or too_many.
pub(crate) fn sessions_revoked(cause: &str, sessions: u64) {
    SESSIONS_REVOKED
        .with_label_values(&[cause])
        .inc_by(sessions);
}
