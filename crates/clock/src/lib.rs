//! Time as a parameter: whoever needs "now" is given a [`Clock`], so that a test moves it.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, FixedOffset, TimeZone, Utc};

/// Where "now" comes from.
pub trait Clock: Debug + Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;

    /// Unix milliseconds, as the wires and the engines carry time.
    fn now_ms(&self) -> i64 {
        self.now().timestamp_millis()
    }
}

/// A clock that many tasks share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where time is read"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock {
    now_ms: AtomicI64,
}

impl FakeClock {
    pub fn at_ms(now_ms: i64) -> Arc<Self> {
        Arc::new(Self {
            now_ms: AtomicI64::new(now_ms),
        })
    }

    /// Starts at the real time, rounded to the millisecond that the engines store.
    pub fn at_real_time() -> Arc<Self> {
        Self::at_ms(SystemClock.now_ms())
    }

    pub fn advance_ms(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub fn set_ms(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        from_ms(self.now_ms.load(Ordering::SeqCst))
    }
}

/// Unix milliseconds → instant. A value outside chrono's range becomes the epoch.
pub fn from_ms(ms: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(ms)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}

/// An instant in China Standard Time (UTC+8, no daylight saving): the shop's calendar.
pub fn in_shanghai(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    const OFFSET_S: i32 = 8 * 3600;
    match FixedOffset::east_opt(OFFSET_S) {
        Some(offset) => at.with_timezone(&offset),
        None => at.fixed_offset(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fake_clock_moves_only_when_told() {
        let clock = FakeClock::at_ms(1_000);
        assert_eq!(clock.now_ms(), 1_000);
        clock.advance_ms(500);
        assert_eq!(clock.now_ms(), 1_500);
    }

    #[test]
    fn the_shops_day_begins_eight_hours_before_utc() {
        let at = from_ms(1_790_000_000_000);
        assert_eq!(in_shanghai(at).timestamp_millis(), at.timestamp_millis());
        assert_eq!(in_shanghai(at).offset().local_minus_utc(), 28_800);
    }
}
