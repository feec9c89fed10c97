//! When a call is worth making beside those that are under way.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Shared by a batcher and its slots.
///
/// A second call begins only when as many items wait as the calls under way took, or a whole batch.
/// Where answers come fast that is nearly never, and batches stay large; where they are slow the slots
/// fill. A fixed number of slots is right for one of the two only.
pub(crate) struct Pace {
    /// Items of the calls under way.
    under_way: AtomicUsize,
    /// So many have to be queued before the next call; `usize::MAX` while no slot waits for it.
    wanted: AtomicUsize,
    changed: Notify,
}

/// Items that are under way until this is dropped.
pub(crate) struct UnderWay<'a> {
    pace: &'a Pace,
    items: usize,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            under_way: AtomicUsize::new(0),
            wanted: AtomicUsize::new(usize::MAX),
            changed: Notify::new(),
        }
    }

    /// Returns when a call is worth making for an item in hand and those behind it, which `queued`
    /// counts. One slot at a time.
    pub(crate) async fn worth(&self, batch_max: usize, queued: impl Fn() -> usize) {
        loop {
            let changed = self.changed.notified();
            let under_way = self.under_way.load(Ordering::SeqCst);
            let wanted = under_way.min(batch_max).saturating_sub(1);
            // Written before `queued` is asked: whoever comes in after that sees it.
            self.wanted.store(wanted, Ordering::SeqCst);
            if queued() >= wanted {
                break;
            }
            changed.await;
        }
        self.wanted.store(usize::MAX, Ordering::SeqCst);
    }

    /// So many are queued now.
    pub(crate) fn queued(&self, queued: usize) {
        if queued >= self.wanted.load(Ordering::SeqCst) {
            self.changed.notify_one();
        }
    }

    pub(crate) fn begin(&self, items: usize) -> UnderWay<'_> {
        self.under_way.fetch_add(items, Ordering::SeqCst);
        UnderWay { pace: self, items }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.pace.under_way.fetch_sub(self.items, Ordering::SeqCst);
        self.pace.changed.notify_one();
    }
}
