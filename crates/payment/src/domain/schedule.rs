//! How long to wait before a payment company is asked again.

const fn s(seconds: i64) -> i64 {
    seconds * 1000
}

/// The vendor's plan for payments whose notification may be lost; the last repeats.
const UNPAID_MS: [i64; 7] = [s(5), s(30), s(60), s(180), s(300), s(600), s(1800)];

/// Somebody's units wait for the outcome of a close.
const CLOSING_MS: [i64; 6] = [s(1), s(2), s(5), s(10), s(30), s(60)];

/// Whoever was confirming while it closed may still have paid, and the notification be lost.
const CLOSED_MS: [i64; 2] = [s(60), s(1800)];

/// A refund takes minutes to days: bank cards up to three working days.
const REFUND_MS: [i64; 7] = [s(2), s(10), s(30), s(60), s(300), s(900), s(1800)];

/// Before an unpaid payment is asked about, after `checks` questions.
pub(crate) fn unpaid_gap_ms(checks: i32) -> i64 {
    rung(&UNPAID_MS, checks)
}

/// Before the next attempt at a close, after `checks` attempts.
pub(crate) fn closing_gap_ms(checks: i32) -> i64 {
    rung(&CLOSING_MS, checks - 1)
}

/// Before a closed payment is asked about once more, after `checks` questions; none: no more.
pub(crate) fn closed_gap_ms(checks: i32) -> Option<i64> {
    let step = usize::try_from(checks).ok()?;
    CLOSED_MS.get(step).copied()
}

/// Before a refund is sent or asked about again, after `tries` tries.
pub(crate) fn refund_gap_ms(tries: i32) -> i64 {
    rung(&REFUND_MS, tries - 1)
}

fn rung(ladder: &[i64], step: i32) -> i64 {
    let step = usize::try_from(step).unwrap_or(0).min(ladder.len() - 1);
    ladder[step]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_grow_and_then_stay() {
        assert_eq!(unpaid_gap_ms(0), 5_000);
        assert_eq!(unpaid_gap_ms(1_000), 1_800_000);
        assert_eq!(closing_gap_ms(1), 1_000);
        assert_eq!(closed_gap_ms(1), Some(1_800_000));
        assert_eq!(closed_gap_ms(2), None);
        assert_eq!(refund_gap_ms(1), 2_000);
        assert_eq!(refund_gap_ms(i32::MIN + 1), 2_000);
    }
}
