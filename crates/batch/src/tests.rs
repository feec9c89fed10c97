use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Batcher, Limits, Refused};

const LIMITS: Limits = Limits {
    queue_max: 1_000,
    batch_max: 100,
    slots: 1,
};

struct Fixture {
    tracker: TaskTracker,
    stop: CancellationToken,
    begun: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    /// Calls wait here, so that a test decides when one ends.
    gate: Arc<Semaphore>,
}

impl Fixture {
    fn open() -> Self {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    fn with_permits(permits: usize) -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            begun: Arc::default(),
            calls: Arc::default(),
            gate: Arc::new(Semaphore::new(permits)),
        }
    }

    /// Doubles each item; 13 panics, 14 leaves the batch one answer short.
    fn start(&self, limits: Limits) -> Batcher<u32, u32> {
        let (begun, calls, gate) = (self.begun.clone(), self.calls.clone(), self.gate.clone());
        Batcher::start(
            "test",
            limits,
            &self.tracker,
            &self.stop,
            move |items: Vec<u32>| {
                let (calls, gate) = (calls.clone(), gate.clone());
                begun.fetch_add(1, Ordering::SeqCst);
                async move {
                    gate.acquire().await.unwrap().forget();
                    calls.fetch_add(1, Ordering::SeqCst);
                    assert!(!items.contains(&13), "a poisoned item");
                    items
                        .iter()
                        .filter(|item| **item != 14)
                        .map(|item| item * 2)
                        .collect()
                }
            },
        )
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_item_is_not_delayed() {
    let fixture = Fixture::open();
    let batcher = fixture.start(LIMITS);
    let before = Instant::now();
    assert_eq!(batcher.call(21).await, Ok(42));
    // Time stands still unless a task sleeps.
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn load_amortises_and_every_item_gets_its_own_answer() {
    let fixture = Fixture::open();
    let batcher = fixture.start(LIMITS);
    let answers = join_all((100..600).map(|item| batcher.call(item))).await;
    let expected: Vec<_> = (100..600).map(|item| Ok(item * 2)).collect();
    assert_eq!(answers, expected);
    assert!(
        fixture.calls() <= 6,
        "500 items took {} calls",
        fixture.calls()
    );
}

#[tokio::test]
async fn slots_run_at_the_same_time() {
    let fixture = Fixture::with_permits(0);
    let batcher = fixture.start(Limits {
        queue_max: 10,
        batch_max: 1,
        slots: 3,
    });
    let calls: Vec<_> = (0..3)
        .map(|item| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.call(item).await })
        })
        .collect();
    // Three permits are taken only if three calls wait for them together.
    tokio::time::sleep(Duration::from_millis(20)).await;
    fixture.gate.add_permits(3);
    for (item, call) in (0..3).zip(calls) {
        assert_eq!(call.await.unwrap(), Ok(item * 2));
    }
    assert_eq!(fixture.calls(), 3);
}

#[tokio::test]
async fn a_call_beside_another_begins_when_as_many_wait_as_that_took() {
    let fixture = Fixture::with_permits(0);
    let limits = Limits { slots: 4, ..LIMITS };
    let batcher = fixture.start(limits);
    let mut calls = vec![];
    for (items, begun) in [(10, 1), (9, 1), (1, 2), (19, 2), (1, 3)] {
        for item in 100..100 + items {
            let batcher = batcher.clone();
            calls.push(tokio::spawn(async move { batcher.call(item).await }));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(fixture.begun(), begun, "{items} more");
    }
    // Ten end, thirty are under way: thirty are waited for, but no longer than those take.
    fixture.gate.add_permits(1);
    calls.push(tokio::spawn({
        let batcher = batcher.clone();
        async move { batcher.call(7).await }
    }));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(fixture.begun(), 3);
    fixture.gate.add_permits(3);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(fixture.calls(), 4);
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let fixture = Fixture::with_permits(0);
    let batcher = fixture.start(Limits {
        queue_max: 2,
        batch_max: 1,
        slots: 1,
    });
    let mut calls = vec![];
    for item in 0..3 {
        let batcher = batcher.clone();
        calls.push(tokio::spawn(async move { batcher.call(item).await }));
        // One in the call, two in the queue.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(batcher.call(99).await, Err(Refused::Full));
    fixture.gate.add_permits(3);
    for (item, call) in (0..3).zip(calls) {
        assert_eq!(call.await.unwrap(), Ok(item * 2));
    }
}

#[tokio::test]
async fn a_panic_loses_its_batch_and_nothing_else() {
    let fixture = Fixture::open();
    let batcher = fixture.start(LIMITS);
    assert_eq!(batcher.call(13).await, Err(Refused::Lost));
    assert_eq!(batcher.call(1).await, Ok(2));
}

#[tokio::test]
async fn a_short_answer_is_nobodys_answer() {
    let fixture = Fixture::open();
    let batcher = fixture.start(LIMITS);
    let answers = join_all([1, 14, 2].map(|item| batcher.call(item))).await;
    assert_eq!(answers, [Err(Refused::Lost); 3]);
    assert_eq!(batcher.call(1).await, Ok(2));
}

#[tokio::test]
async fn a_caller_that_leaves_takes_nothing_with_it() {
    let fixture = Fixture::with_permits(0);
    let batcher = fixture.start(LIMITS);
    let left = tokio::time::timeout(Duration::from_millis(10), batcher.call(5)).await;
    assert!(left.is_err());
    fixture.gate.add_permits(2);
    assert_eq!(batcher.call(6).await, Ok(12));
    assert_eq!(fixture.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_drains_and_then_refuses() {
    let fixture = Fixture::with_permits(0);
    let batcher = fixture.start(Limits {
        queue_max: 10,
        batch_max: 1,
        slots: 2,
    });
    let calls: Vec<_> = (0..5)
        .map(|item| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.call(item).await })
        })
        .collect();
    tokio::task::yield_now().await;
    fixture.stop.cancel();
    fixture.tracker.close();
    fixture.gate.add_permits(10);
    for (item, call) in (0..5).zip(calls) {
        assert_eq!(call.await.unwrap(), Ok(item * 2));
    }
    // Requests that were accepted before the stop still get through for a moment.
    assert_eq!(batcher.call(7).await, Ok(14));
    fixture.tracker.wait().await;
    assert_eq!(batcher.call(8).await, Err(Refused::Stopped));
}

#[tokio::test(start_paused = true)]
async fn load_cannot_hold_up_a_stop_for_ever() {
    let fixture = Fixture::open();
    let batcher = fixture.start(LIMITS);
    fixture.stop.cancel();
    fixture.tracker.close();
    let before = Instant::now();
    while batcher.call(1).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(before.elapsed() < Duration::from_secs(6));
    fixture.tracker.wait().await;
}
