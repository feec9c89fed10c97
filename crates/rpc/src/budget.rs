//! How many calls may be tried again: a tenth of all, so that retries never become the load that they answer.

use std::sync::atomic::{AtomicU32, Ordering};

/// Calls that earn one retry.
const CALLS_PER_RETRY: u32 = 10;
/// What can be saved up: ten retries.
const SAVED_MAX: u32 = 10 * CALLS_PER_RETRY;

#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(SAVED_MAX))
    }
}

impl Budget {
    pub(crate) fn earn(&self) {
        self.change(|saved| (saved < SAVED_MAX).then_some(saved + 1));
    }

    /// Whether one more try may go out.
    pub(crate) fn spend(&self) -> bool {
        self.change(|saved| saved.checked_sub(CALLS_PER_RETRY))
    }

    fn change(&self, next: impl Fn(u32) -> Option<u32>) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_calls_earn_one_retry() {
        let budget = Budget::default();
        let saved = std::iter::repeat_with(|| budget.spend()).take_while(|spent| *spent);
        assert_eq!(saved.count(), 10);
        for _ in 0..CALLS_PER_RETRY {
            assert!(!budget.spend());
            budget.earn();
        }
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
