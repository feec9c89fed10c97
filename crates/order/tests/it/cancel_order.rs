use fault::{Fault, Reason};
use order::{
    Face, Intent, LandOutcome,
    model::{CloseReason, State},
};

use crate::support::{Event, PRICE_FEN, accepted, buyer, end, id, item, open, released, returned};

const CANCELLED: State = State::Closed {
    reason: CloseReason::Cancelled,
};

fn landed(face: Face) -> State {
    match face {
        Face::Landed(order) => order.state,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_pending_order_closes_at_once() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    for _ in 0..2 {
        let face = world.app.cancel_order(&buyer(1), id(7)).await.unwrap();
        assert_eq!(landed(face), CANCELLED);
    }
    assert_eq!(world.events().await, [released(7, 1, &[0], 1)]);
}

#[tokio::test]
async fn one_with_a_payment_asks_payment_first() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.allow(7, 1).await;
    for _ in 0..2 {
        let face = world.app.cancel_order(&buyer(1), id(7)).await.unwrap();
        assert_eq!(
            landed(face),
            State::Closing {
                reason: CloseReason::Cancelled
            }
        );
    }
    assert!(matches!(world.events().await[..], [Event::Closing(_)]));
    world.app.payment_closed(id(7)).await.unwrap();
    assert_eq!(world.state(7).await, CANCELLED);
}

#[tokio::test]
async fn after_the_end_the_units_go_back_to_the_product() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.fence(1, end(2)).await;
    world.events().await;
    world.app.cancel_order(&buyer(1), id(7)).await.unwrap();
    assert_eq!(world.events().await, [returned("order/7", 1)]);
}

#[tokio::test]
async fn nobody_cancels_for_another() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    for (who, order) in [(2, 7), (1, 8)] {
        let refused = world
            .app
            .cancel_order(&buyer(who), id(order))
            .await
            .unwrap_err();
        assert_eq!(refused.reason(), Reason::OrderNotFound);
    }
    assert_eq!(world.live().await, [3]);
}

#[tokio::test]
async fn a_paid_order_is_not_cancelled() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    let refused = world.app.cancel_order(&buyer(1), id(7)).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::OrderCancelFailed);
}

#[tokio::test]
async fn what_has_not_landed_never_will() {
    let world = open(10).await;
    let item = item(7, 1, "0:3,1:4");
    world.accepted.lock().unwrap().push(accepted(&item));
    let face = world.app.cancel_order(&buyer(1), id(7)).await.unwrap();
    assert_eq!(landed(face), CANCELLED);
    assert_eq!(world.events().await, [released(7, 1, &[0, 1], 1)]);
    assert_eq!(world.land_one(item).await, LandOutcome::AlreadyLanded);
    assert!(world.live().await.is_empty());
}

#[tokio::test]
async fn what_a_rebuild_interrupted_needs_no_cancelling() {
    let world = open(10).await;
    world
        .accepted
        .lock()
        .unwrap()
        .push(accepted(&item(7, 1, "0:3")));
    world.fence(1, Intent::Rebuild).await;
    let face = world.app.cancel_order(&buyer(1), id(7)).await.unwrap();
    assert!(matches!(face, Face::Interrupted(_)));
    assert!(world.events().await.is_empty());
}

/// Either the order never lands, or it lands and is cancelled: one release each.
#[tokio::test]
async fn cancelling_races_landing() {
    let world = open(100).await;
    let items: Vec<_> = (1..=40).map(|n| item(n, 1, &format!("{n}:{n}"))).collect();
    *world.accepted.lock().unwrap() = items.iter().map(accepted).collect();
    let races = items.into_iter().map(|item| {
        let app = world.app.clone();
        tokio::spawn(async move {
            let (order, message) = (item.order, [item]);
            let caller = buyer(1);
            let (outcomes, face) =
                tokio::join!(app.land(&message), app.cancel_order(&caller, order));
            outcomes.unwrap();
            assert_eq!(landed(face.unwrap()), CANCELLED);
        })
    });
    for race in futures_util::future::join_all(races).await {
        race.unwrap();
    }
    assert!(world.live().await.is_empty());
    assert_eq!(world.events().await.len(), 40);
}
