use std::sync::LazyLock;

use prometheus::{
    IntCounter, IntCounterVec, IntGauge, IntGaugeVec, register_int_counter,
    register_int_counter_vec, register_int_gauge, register_int_gauge_vec,
};
use proto::seckill::{Outcome, ReserveReply};

use crate::{
    app::Findings,
    stock::{HandOff, Look},
};

/// Of constant descriptions, each registered once.
macro_rules! metric {
    ($name:ident: $type:ty = $register:expr) => {
        static $name: LazyLock<$type> = LazyLock::new(|| registered($register));
    };
}

#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
fn registered<T>(metric: prometheus::Result<T>) -> T {
    metric.expect("constant descriptions, each registered once")
}

metric!(RESERVED: IntCounterVec = register_int_counter_vec!(
    "seckill_reserved_total", "Buyers by what they were told.", &["outcome"]
));
metric!(RELEASED: IntCounter = register_int_counter!(
    "seckill_released_units_total", "Units that came back to a running sale."
));
metric!(REBUILDS: IntCounterVec = register_int_counter_vec!(
    "seckill_rebuilds_total", "Rebuilds of a sale by cause and end.", &["cause", "outcome"]
));
metric!(FENCES: IntGauge = register_int_gauge!(
    "seckill_fences_running", "Fences under way in this process."
));
metric!(FINDINGS: IntCounterVec = register_int_counter_vec!(
    "seckill_audit_findings_total", "What two looks of the audit found.", &["kind"]
));
metric!(UNSENT: IntGaugeVec = register_int_gauge_vec!(
    "seckill_unsent", "Reservations that the broker has not confirmed.", &["activity"]
));
metric!(UNSENT_AGE: IntGaugeVec = register_int_gauge_vec!(
    "seckill_unsent_oldest_ms", "Age of the oldest of them.", &["activity"]
));
metric!(OPEN: IntGaugeVec = register_int_gauge_vec!(
    "seckill_open", "1 while Redis sells the activity.", &["activity"]
));
metric!(EPOCH: IntGaugeVec = register_int_gauge_vec!(
    "seckill_epoch", "The epoch that Redis sells in.", &["activity"]
));

/// One counter per outcome, found by its number.
static BY_OUTCOME: LazyLock<Vec<IntCounter>> = LazyLock::new(|| {
    let number = |n: usize| {
        i32::try_from(n)
            .ok()
            .and_then(|n| Outcome::try_from(n).ok())
    };
    (0..)
        .map_while(number)
        .map(|outcome| {
            let name = outcome.as_str_name().trim_start_matches("OUTCOME_");
            RESERVED.with_label_values(&[name])
        })
        .collect()
});

pub(crate) fn reserved(replies: &[ReserveReply]) {
    let mut counts = vec![0; BY_OUTCOME.len()];
    for reply in replies {
        if let Some(count) = usize::try_from(reply.outcome)
            .ok()
            .and_then(|n| counts.get_mut(n))
        {
            *count += 1;
        }
    }
    for (counter, count) in BY_OUTCOME.iter().zip(counts) {
        counter.inc_by(count);
    }
}

pub(crate) fn released(units: i64) {
    RELEASED.inc_by(u64::try_from(units).unwrap_or_default());
}

pub(crate) fn rebuilt(cause: &str, outcome: &str) {
    REBUILDS.with_label_values(&[cause, outcome]).inc();
}

/// Counted as long as it lives.
pub(crate) struct FenceRunning;

impl FenceRunning {
    pub(crate) fn begin() -> Self {
        FENCES.inc();
        Self
    }
}

impl Drop for FenceRunning {
    fn drop(&mut self) {
        FENCES.dec();
    }
}

pub(crate) fn audited(found: &Findings) {
    for (kind, count) in [
        ("lost_unit", found.lost_units.len()),
        ("doubled_unit", found.doubled_units.len()),
        ("orphan", found.orphans.len()),
        ("missing", found.missing.len()),
    ] {
        FINDINGS.with_label_values(&[kind]).inc_by(count as u64);
    }
}

pub(crate) fn unsent(activity: i64, list: &HandOff) {
    let label = activity.to_string();
    let waiting = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
    UNSENT.with_label_values(&[&label]).set(waiting);
    UNSENT_AGE
        .with_label_values(&[&label])
        .set(list.oldest_ms());
}

pub(crate) fn looked(activity: i64, look: Option<&Look>) {
    let label = activity.to_string();
    OPEN.with_label_values(&[&label])
        .set(look.is_some_and(|look| look.open).into());
    EPOCH
        .with_label_values(&[&label])
        .set(look.map_or(-1, |look| look.epoch));
}

/// Labels of a sale that is over go with it: there are as many as there are sales.
pub(crate) fn forget(activity: i64) {
    let label = activity.to_string();
    for gauge in [&UNSENT, &UNSENT_AGE, &OPEN, &EPOCH] {
        // It may never have been there.
        let _ = gauge.remove_label_values(&[&label]);
    }
}
