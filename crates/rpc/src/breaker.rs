//! Gives a peer that cannot be reached a rest: after a few failures in a row calls fail at once for a moment,
//! then one is let through to see.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

const FAILURES_MAX: u32 = 5;
const REST: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    rests_until: Mutex<Option<Instant>>,
}

impl Breaker {
    /// Whether a call may go out.
    pub(crate) fn allows(&self) -> bool {
        if self.is_closed() {
            return true;
        }
        let mut rests_until = self
            .rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *rests_until {
            Some(until) if now < until => false,
            _ => {
                // This one looks; the others wait for another rest.
                *rests_until = Some(now + REST);
                true
            }
        }
    }

    /// Whether calls go out as usual.
    pub(crate) fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) < FAILURES_MAX
    }

    pub(crate) fn reached(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if failures == FAILURES_MAX {
            let mut rests_until = self
                .rests_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *rests_until = Some(Instant::now() + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rests_after_failures_and_looks_again() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES_MAX {
            assert!(breaker.allows());
            breaker.failed();
        }
        assert!(!breaker.allows());
        tokio::time::advance(REST).await;
        assert!(breaker.allows(), "one looks");
        assert!(!breaker.allows(), "only one");
        breaker.reached();
        assert!(breaker.allows());
    }
}
