//! When a call is worth making beside those in flight.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Shared by a batcher and its slots.
///
/// A second call begins only when as many items wait as the calls in flight took, or a whole batch.
/// Where answers come fast that is nearly never, and batches stay large; where they are slow the slots
/// fill. A fixed number of slots is right for one of the two only.
pub(crate) struct Admission {
    /// Items of the calls in flight.
    in_flight: AtomicUsize,
    /// So many have to be queued before the next call; `usize::MAX` while no slot waits for it.
    wanted: AtomicUsize,
    changed: Notify,
}

/// Items that are in flight until this is dropped.
pub(crate) struct InFlight<'a> {
    admission: &'a Admission,
    items: usize,
}

impl Admission {
    pub(crate) fn new() -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            wanted: AtomicUsize::new(usize::MAX),
            changed: Notify::new(),
        }
    }

    /// Returns when a call is worth making for an item in hand and those behind it, which `queued`
    /// counts. One slot at a time.
    pub(crate) async fn admit(&self, batch_max: usize, queued: impl Fn() -> usize) {
        loop {
            let changed = self.changed.notified();
            let in_flight = self.in_flight.load(Ordering::SeqCst);
            let wanted = in_flight.min(batch_max).saturating_sub(1);
            // Written before `queued` is asked: an item that comes in after that sees it.
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

    pub(crate) fn begin(&self, items: usize) -> InFlight<'_> {
        self.in_flight.fetch_add(items, Ordering::SeqCst);
        InFlight {
            admission: self,
            items,
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.admission
            .in_flight
            .fetch_sub(self.items, Ordering::SeqCst);
        self.admission.changed.notify_one();
    }
}
