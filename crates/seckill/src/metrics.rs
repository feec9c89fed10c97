use std::sync::LazyLock;

use prometheus::{
    IntCounter, IntCounterVec, IntGaugeVec, register_int_counter, register_int_counter_vec,
    register_int_gauge_vec,
};
use proto::seckill::Outcome;

use crate::{app::Findings, domain::Unsent, stock::Look};

macro_rules! metric {
    ($name:ident: $type:ty = $register:expr) => {
        #[expect(
            clippy::expect_used,
            reason = "a metric registered twice is found by the first test"
        )]
        static $name: LazyLock<$type> = LazyLock::new(|| $register.expect("registered once"));
    };
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

pub(crate) fn reserved(outcome: Outcome) {
    let name = outcome.as_str_name().trim_start_matches("OUTCOME_");
    RESERVED.with_label_values(&[name]).inc();
}

pub(crate) fn released(units: i64) {
    RELEASED.inc_by(u64::try_from(units).unwrap_or_default());
}

pub(crate) fn rebuilt(cause: &str, outcome: &str) {
    REBUILDS.with_label_values(&[cause, outcome]).inc();
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

pub(crate) fn unsent(activity: i64, unsent: &[Unsent], now_ms: i64) {
    let label = activity.to_string();
    let oldest = unsent
        .iter()
        .map(|entry| entry.0.at_ms)
        .min()
        .unwrap_or(now_ms);
    UNSENT.with_label_values(&[&label]).set(unsent.len() as i64);
    UNSENT_AGE
        .with_label_values(&[&label])
        .set((now_ms - oldest).max(0));
}

pub(crate) fn looked(activity: i64, look: Option<&Look>) {
    let label = activity.to_string();
    OPEN.with_label_values(&[&label])
        .set(look.is_some_and(|look| look.open).into());
    EPOCH
        .with_label_values(&[&label])
        .set(look.map_or(-1, |look| look.epoch));
}
