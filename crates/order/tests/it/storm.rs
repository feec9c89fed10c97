//! Many at once: what must hold whatever the order of things.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use order::{
    FenceVerdict, Intent, LandOutcome,
    model::{Epoch, Item, State},
};
use tokio::task::JoinSet;

use crate::support::{activity, item, open};

/// Landers deliver overlapping batches, some twice, in eight tasks. All land, once, and no lander gives up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_landers_never_give_up() {
    const ORDERS: i64 = 2_000;
    let world = open(ORDERS).await;
    let items: Arc<Vec<Item>> = Arc::new(
        (1..=ORDERS)
            .map(|n| item(n, n, &format!("0:{n}")))
            .collect(),
    );
    let mut landers = JoinSet::new();
    for lander in 0..8_usize {
        let (app, items) = (world.app.clone(), items.clone());
        landers.spawn(async move {
            // Every order is in two landers' hands, in batches that do not align.
            let mine: Vec<_> = items
                .iter()
                .filter(|item| {
                    let n = item.order.get() as usize;
                    n % 8 == lander || (n / 3) % 8 == lander
                })
                .cloned()
                .collect();
            let mut landed = 0;
            for batch in mine.chunks(37 + lander * 11) {
                let mut batch = batch.to_vec();
                batch.reverse();
                let outcomes = app.land(&batch).await.unwrap();
                assert!(
                    outcomes
                        .iter()
                        .all(|f| matches!(f, LandOutcome::Landed | LandOutcome::AlreadyLanded)),
                    "{outcomes:?}"
                );
                landed += outcomes
                    .iter()
                    .filter(|outcome| **outcome == LandOutcome::Landed)
                    .count();
            }
            landed
        });
    }
    let landed: usize = landers.join_all().await.into_iter().sum();
    assert_eq!(landed, ORDERS as usize);
    assert_eq!(world.live().await.len(), ORDERS as usize);
    assert!(!world.suspect().await);
}

/// While landers work, the sale is fenced again and again. A snapshot is exactly what lived at its bump: nothing of
/// an older epoch lives afterwards that it does not show, whatever landed at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_lands_behind_a_fence() {
    const FENCES: i64 = 25;
    let world = open(100_000).await;
    let next = Arc::new(AtomicI64::new(1));
    let epoch = Arc::new(AtomicI64::new(1));
    let mut landers = JoinSet::new();
    for _ in 0..6 {
        let (app, next, epoch) = (world.app.clone(), next.clone(), epoch.clone());
        landers.spawn(async move {
            let mut landed = Vec::new();
            loop {
                // As seckill does: the epoch is read, then the message travels.
                let now = epoch.load(Ordering::SeqCst);
                if now > FENCES {
                    return landed;
                }
                let batch: Vec<_> = (0..5)
                    .map(|_| next.fetch_add(1, Ordering::SeqCst))
                    .map(|n| Item {
                        epoch: Epoch(now),
                        ..item(n, n, &format!("0:{n}"))
                    })
                    .collect();
                let outcomes = app.land(&batch).await.unwrap();
                for (item, outcome) in batch.iter().zip(outcomes) {
                    match outcome {
                        LandOutcome::Landed => landed.push((item.order.get(), now)),
                        LandOutcome::Interrupted => {}
                        other => panic!("{other:?}"),
                    }
                }
            }
        });
    }
    let mut snapshots = HashMap::new();
    while epoch.load(Ordering::SeqCst) <= FENCES {
        let now = epoch.load(Ordering::SeqCst);
        // Long enough for some to land, and for some to be under way.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let fenced = world
            .app
            .fence(activity(1), Epoch(now), Intent::Rebuild)
            .await
            .unwrap();
        assert_eq!(fenced.verdict, FenceVerdict::Fenced);
        let live: HashSet<_> = fenced.live.iter().map(|unit| unit.order_id).collect();
        snapshots.insert(now, live);
        epoch.store(now + 1, Ordering::SeqCst);
    }
    let landed: Vec<_> = landers.join_all().await.into_iter().flatten().collect();
    assert!(landed.len() > 100, "only {} landed", landed.len());
    for (order, epoch) in &landed {
        if let Some(snapshot) = snapshots.get(epoch) {
            assert!(
                snapshot.contains(order),
                "{order} landed in epoch {epoch}, unseen by its fence"
            );
        }
    }
    let known: HashSet<_> = landed.iter().map(|(order, _)| *order).collect();
    for (epoch, snapshot) in &snapshots {
        assert!(
            snapshot.is_subset(&known),
            "epoch {epoch} counts what never landed"
        );
    }
}

/// Landing, closing, cancelling, fencing and ending at once: no error, no unit lost, each released once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_at_once_adds_up() {
    const ORDERS: i64 = 600;
    let world = open(ORDERS).await;
    let mut tasks = JoinSet::new();
    for part in 0..6_i64 {
        let app = world.app.clone();
        tasks.spawn(async move {
            let mine: Vec<_> = (1..=ORDERS)
                .filter(|n| n % 6 == part)
                .map(|n| item(n, n, &format!("0:{n}")))
                .collect();
            for batch in mine.chunks(17) {
                app.land(batch).await.unwrap();
                for item in batch.iter().step_by(2) {
                    let _ = app
                        .cancel_order(&crate::support::buyer(item.user.get()), item.order)
                        .await;
                }
            }
        });
    }
    let app = world.app.clone();
    tasks.spawn(async move {
        for epoch in 1..=5 {
            app.fence(activity(1), Epoch(epoch), Intent::Rebuild)
                .await
                .unwrap();
            app.sweep().await.unwrap();
        }
        app.fence(activity(1), Epoch(6), crate::support::end(2))
            .await
            .unwrap();
    });
    tasks.join_all().await;
    world.lapse().await;
    assert!(world.live().await.is_empty());
    let mut freed = HashSet::new();
    let mut stock = 0;
    for event in world.events().await {
        match event {
            crate::support::Event::Released(released) => {
                assert!(freed.insert(released.order_id), "released twice");
            }
            crate::support::Event::Returned(returned) => {
                if let Some(order) = returned.key.strip_prefix("order/") {
                    assert!(freed.insert(order.parse().unwrap()), "returned twice");
                }
                stock += returned.units;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        stock, ORDERS,
        "the end and what closed after it return every unit once"
    );
    for n in 1..=ORDERS {
        let closed = matches!(world.state(n).await, State::Closed { .. });
        assert_eq!(closed, freed.contains(&n), "{n}");
    }
}

/// A buyer who was told "interrupted" never has a live order, however closely landing, fence and question meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_told_interrupted_has_an_order() {
    const ROUNDS: i64 = 150;
    let world = open(100_000).await;
    let mut told = Vec::new();
    for epoch in 1..=ROUNDS {
        let ids: Vec<_> = (1..=4).map(|n| epoch * 10 + n).collect();
        let mut tasks = JoinSet::new();
        for n in ids.clone() {
            let (lander, asker) = (world.app.clone(), world.app.clone());
            tasks.spawn(async move {
                let item = Item {
                    epoch: Epoch(epoch),
                    ..item(n, n, &format!("0:{n}"))
                };
                lander.land(&[item]).await.unwrap();
                None
            });
            tasks.spawn(async move {
                for _ in 0..6 {
                    let outcome = asker
                        .outcome(activity(1), crate::support::id(n))
                        .await
                        .unwrap();
                    if outcome.order.is_none() && outcome.epoch > Epoch(epoch) {
                        return Some(n);
                    }
                }
                None
            });
        }
        let app = world.app.clone();
        tasks.spawn(async move {
            app.fence(activity(1), Epoch(epoch), Intent::Rebuild)
                .await
                .unwrap();
            None
        });
        told.extend(tasks.join_all().await.into_iter().flatten());
    }
    for n in told {
        if let Some(order) = world.order(n).await {
            assert!(
                !order.state.is_live(),
                "{n} was told interrupted: {:?}",
                order.state
            );
        }
    }
}
