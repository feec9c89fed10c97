//! Security events: counted, and logged with the address and the account.

use std::sync::LazyLock;

use prometheus::{IntCounterVec, register_int_counter_vec};

use crate::cx::Cx;

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static EVENTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Security events: refused logins, tokens and administrators' calls.";
    register_int_counter_vec!("security_events_total", help, &["event"]).expect("registered once")
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    LoginFailed,
    /// Too many attempts at one account from one network.
    LoginLocked,
    AdminRefused,
    TokenRefused,
    RefreshTokenReused,
}

impl Event {
    const fn name(self) -> &'static str {
        match self {
            Self::LoginFailed => "login_failed",
            Self::LoginLocked => "login_locked",
            Self::AdminRefused => "admin_refused",
            Self::TokenRefused => "token_refused",
            Self::RefreshTokenReused => "refresh_token_reused",
        }
    }
}

/// The account is the token's; a failed login's own is in user's log, under the same trace.
pub(crate) fn record(cx: &Cx, event: Event) {
    EVENTS.with_label_values(&[event.name()]).inc();
    let address = cx.0.address;
    let user = cx.user().map_or(0, i64::from);
    let (event, trace_id) = (event.name(), cx.0.trace_id.as_str());
    tracing::warn!(
        security.event = event,
        client.address = %address,
        user.id = user,
        request.trace_id = trace_id,
        "a security event"
    );
}
