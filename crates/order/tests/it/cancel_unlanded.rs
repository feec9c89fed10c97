use order::{
    Intent, LandOutcome,
    model::{CloseReason, Epoch, Item, State, Units},
};

use crate::support::{end, in_epoch, item, open, released};

/// As a ticket knows it: slots without their units.
fn ticket(order: i64, buyer: i64, slots: &[i32]) -> Item {
    Item {
        units: Units::of_slots(slots).unwrap(),
        ..item(order, buyer, "0:1")
    }
}

#[tokio::test]
async fn what_is_cancelled_before_it_lands_gets_its_row_and_its_release() {
    let world = open(10).await;
    let outcome = world
        .app
        .cancel_unlanded(&ticket(7, 1, &[0, 1]))
        .await
        .unwrap();
    assert_eq!(outcome.epoch, Epoch(1));
    let cancelled = State::Closed {
        reason: CloseReason::Cancelled,
    };
    assert_eq!(outcome.order.unwrap().state, cancelled);
    assert_eq!(world.events().await, [released(7, 1, &[0, 1], 1)]);
    // The message comes after all.
    assert_eq!(
        world.land_one(item(7, 1, "0:3,1:4")).await,
        LandOutcome::AlreadyLanded
    );
    assert_eq!(world.state(7).await, cancelled);
    assert!(world.live().await.is_empty());
}

#[tokio::test]
async fn cancelling_again_answers_the_row() {
    let world = open(10).await;
    world
        .app
        .cancel_unlanded(&ticket(7, 1, &[0]))
        .await
        .unwrap();
    let again = world
        .app
        .cancel_unlanded(&ticket(7, 1, &[0]))
        .await
        .unwrap();
    let cancelled = State::Closed {
        reason: CloseReason::Cancelled,
    };
    assert_eq!(again.order.unwrap().state, cancelled);
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test]
async fn what_landed_meanwhile_is_the_answer() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let outcome = world
        .app
        .cancel_unlanded(&ticket(7, 1, &[0]))
        .await
        .unwrap();
    assert!(matches!(
        outcome.order.unwrap().state,
        State::Pending { .. }
    ));
    assert_eq!(world.live().await, [3]);
    assert!(world.events().await.is_empty());
}

/// A rebuild counted its units as free: a release would free another buyer's.
#[tokio::test]
async fn a_lower_epoch_needs_no_row() {
    let world = open(10).await;
    world.fence(1, Intent::Rebuild).await;
    let outcome = world
        .app
        .cancel_unlanded(&ticket(7, 1, &[0]))
        .await
        .unwrap();
    assert!(outcome.order.is_none());
    assert_eq!(outcome.epoch, Epoch(2));
    world.fence(2, end(2)).await;
    let after = in_epoch(ticket(8, 1, &[0]), 3);
    let outcome = world.app.cancel_unlanded(&after).await.unwrap();
    assert!(outcome.order.is_none() && outcome.ended);
    world.events().await;
    let behind = in_epoch(ticket(9, 1, &[0]), 4);
    let refused = world.app.cancel_unlanded(&behind).await;
    assert!(matches!(refused, Err(order::Error::Behind { .. })));
    assert!(world.events().await.is_empty());
}

/// The first insert decides; the other one finds the row.
#[tokio::test]
async fn cancelling_races_landing() {
    let world = open(100).await;
    let races = (1..=40_i64).map(|n| {
        let app = world.app.clone();
        tokio::spawn(async move {
            let message = [item(n, n, &format!("0:{n}"))];
            let ticket = ticket(n, n, &[0]);
            let (outcomes, outcome) =
                tokio::join!(app.land(&message), app.cancel_unlanded(&ticket));
            let state = outcome.unwrap().order.unwrap().state;
            match outcomes.unwrap()[..] {
                [LandOutcome::Landed] => assert!(matches!(state, State::Pending { .. })),
                [LandOutcome::AlreadyLanded] => assert!(matches!(state, State::Closed { .. })),
                ref other => panic!("{other:?}"),
            }
        })
    });
    for race in futures_util::future::join_all(races).await {
        race.unwrap();
    }
    assert_eq!(world.live().await.len() + world.events().await.len(), 40);
    assert!(!world.suspect().await);
}
