use order::{
    LandOutcome,
    model::{RefuseReason, State},
};

use crate::support::{in_epoch, item, open, with_key, world};

fn refused(reason: RefuseReason) -> State {
    State::Refused { reason }
}

#[tokio::test]
async fn a_reservation_becomes_an_order_with_its_units() {
    let world = open(10).await;
    let outcome = world.land_one(item(7, 1, "0:3,1:4")).await;
    assert_eq!(outcome, LandOutcome::Landed);
    let order = world.order(7).await.unwrap();
    let expires_at_ms = world.now_ms() + 900_000;
    assert_eq!(
        order.state,
        State::Pending {
            expires_at_ms,
            pay_opened: false
        }
    );
    assert_eq!(order.units.to_string(), "0:3,1:4");
    assert_eq!(order.terms.product_name, "台灯");
    assert_eq!(world.live().await, [3, 4]);
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn landing_twice_changes_nothing_whatever_became_of_the_order() {
    let world = open(10).await;
    let items = [item(7, 1, "0:3"), item(8, 2, "0:4")];
    assert_eq!(
        world.land(&items).await,
        [LandOutcome::Landed, LandOutcome::Landed]
    );
    assert_eq!(
        world.land(&items).await,
        [LandOutcome::AlreadyLanded, LandOutcome::AlreadyLanded]
    );
    world.lapse().await;
    assert_eq!(
        world.land(&items).await,
        [LandOutcome::AlreadyLanded, LandOutcome::AlreadyLanded]
    );
    assert_eq!(world.live().await, [0_i64; 0]);
}

/// One message may carry an item that another one, or itself, has carried before.
#[tokio::test]
async fn an_item_twice_in_one_batch_lands_once() {
    let world = open(10).await;
    let items = [item(8, 2, "0:4"), item(7, 1, "0:3"), item(8, 2, "0:4")];
    let outcomes = world.land(&items).await;
    assert_eq!(
        outcomes,
        [
            LandOutcome::Landed,
            LandOutcome::Landed,
            LandOutcome::AlreadyLanded
        ]
    );
    assert_eq!(world.live().await, [3, 4]);
}

#[tokio::test]
async fn messages_land_in_any_order() {
    let world = open(10).await;
    for (order, buyer, units) in [(9, 3, "0:5"), (7, 1, "0:3"), (8, 2, "0:1")] {
        assert_eq!(
            world.land_one(item(order, buyer, units)).await,
            LandOutcome::Landed
        );
    }
    assert_eq!(world.live().await, [1, 3, 5]);
}

/// The rebuild counted its unit as free, so it may be sold again: no row of units, and no release either.
#[tokio::test]
async fn what_comes_after_the_fence_is_interrupted_without_a_release() {
    let world = open(10).await;
    world.fence(1, order::Intent::Rebuild).await;
    let late = item(7, 1, "0:3");
    let fresh = in_epoch(item(8, 2, "0:3"), 2);
    assert_eq!(
        world.land(&[late.clone(), fresh]).await,
        [LandOutcome::Interrupted, LandOutcome::Landed]
    );
    assert_eq!(world.state(7).await, refused(RefuseReason::Interrupted));
    assert_eq!(world.live().await, [3]);
    assert!(world.events().await.is_empty());
    assert!(!world.suspect().await);
    assert_eq!(world.land_one(late).await, LandOutcome::AlreadyLanded);
}

/// Only MySQL can be behind: no script reserves in an epoch that was not committed.
#[tokio::test]
async fn an_item_of_a_later_epoch_waits() {
    let world = open(10).await;
    let items = [in_epoch(item(7, 1, "0:3"), 2), item(8, 2, "0:4")];
    assert_eq!(
        world.land(&items).await,
        [LandOutcome::EpochAhead, LandOutcome::Landed]
    );
    assert!(world.order(7).await.is_none());
    world.fence(1, order::Intent::Rebuild).await;
    assert_eq!(
        world.land(&items).await,
        [LandOutcome::Landed, LandOutcome::AlreadyLanded]
    );
}

#[tokio::test]
async fn an_item_of_no_sale_waits() {
    let world = world().await;
    assert_eq!(
        world.land_one(item(7, 1, "0:3")).await,
        LandOutcome::EpochAhead
    );
}

#[tokio::test]
async fn a_unit_that_is_taken_refuses_the_order_and_calls_for_a_rebuild() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    // One unit of two is taken: the whole order is refused, and its neighbour lands.
    let outcomes = world
        .land(&[item(8, 2, "0:4,1:3"), item(9, 3, "0:5")])
        .await;
    assert_eq!(outcomes, [LandOutcome::Conflict, LandOutcome::Landed]);
    assert_eq!(world.state(8).await, refused(RefuseReason::Conflict));
    assert_eq!(world.live().await, [3, 5]);
    assert!(world.suspect().await);
    assert!(
        world.events().await.is_empty(),
        "only a rebuild can say whose the unit is"
    );
    // A second conflict of that epoch changes nothing; a rebuild answers it.
    assert_eq!(
        world.land_one(item(10, 4, "0:5")).await,
        LandOutcome::Conflict
    );
    world.fence(1, order::Intent::Rebuild).await;
    assert!(!world.suspect().await);
}

#[tokio::test]
async fn a_slot_that_is_taken_refuses_the_order() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    assert_eq!(
        world.land_one(item(8, 1, "0:4")).await,
        LandOutcome::Conflict
    );
    assert_eq!(world.live().await, [3]);
    assert!(world.suspect().await);
    assert_eq!(world.land_one(item(9, 1, "1:4")).await, LandOutcome::Landed);
}

/// A rollback of Redis can forget the first order of a key.
#[tokio::test]
async fn one_key_is_one_order() {
    let world = open(10).await;
    world.land_one(with_key(item(7, 1, "0:3"), "abc")).await;
    let second = with_key(item(8, 1, "1:4"), "abc");
    assert_eq!(world.land_one(second).await, LandOutcome::Conflict);
    // Without keys, and for another buyer, nothing clashes.
    assert_eq!(
        world.land_one(with_key(item(9, 2, "0:4"), "abc")).await,
        LandOutcome::Landed
    );
    assert_eq!(
        world.land_one(item(10, 1, "1:5")).await,
        LandOutcome::Landed
    );
}

#[tokio::test]
async fn a_unit_beyond_the_terms_is_a_conflict() {
    let world = open(10).await;
    assert_eq!(
        world.land_one(item(7, 1, "0:11")).await,
        LandOutcome::Conflict
    );
    assert!(world.suspect().await);
}

#[tokio::test]
async fn one_id_with_two_reservations_is_dead() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    assert_eq!(
        world.land_one(item(7, 1, "0:4")).await,
        LandOutcome::Mismatch
    );
    assert_eq!(
        world.land_one(item(7, 2, "0:3")).await,
        LandOutcome::Mismatch
    );
    assert_eq!(world.live().await, [3]);
}

#[tokio::test]
async fn a_batch_may_mix_activities() {
    let world = open(10).await;
    world.open(2, 10).await;
    let other = order::model::Item {
        activity: crate::support::activity(2),
        ..item(8, 1, "0:3")
    };
    assert_eq!(
        world.land(&[other, item(7, 1, "0:3")]).await,
        [LandOutcome::Landed, LandOutcome::Landed]
    );
}

#[tokio::test]
async fn a_large_batch_lands_whole() {
    let world = open(2_000).await;
    let items: Vec<_> = (1..=1_003).map(|n| item(n, n, &format!("0:{n}"))).collect();
    assert!(
        world
            .land(&items)
            .await
            .iter()
            .all(|outcome| *outcome == LandOutcome::Landed)
    );
    assert_eq!(world.live().await.len(), 1_003);
    assert!(
        world
            .land(&items)
            .await
            .iter()
            .all(|outcome| *outcome == LandOutcome::AlreadyLanded)
    );
}
