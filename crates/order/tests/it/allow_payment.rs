use fault::{Fault, Reason};
use order::model::State;

use crate::support::{PRICE_FEN, accepted, buyer, id, item, landed, open};

#[tokio::test]
async fn a_pending_order_may_be_paid_until_it_expires() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    let order = landed(world.app.allow_payment(&buyer(1), id(7)).await.unwrap());
    assert!(matches!(
        order.state,
        State::Pending {
            pay_opened: true,
            ..
        }
    ));
    assert_eq!(order.total().map(money::Money::fen), Some(2 * PRICE_FEN));
    assert!(matches!(
        world.state(7).await,
        State::Pending {
            pay_opened: true,
            ..
        }
    ));
    world.allow(7, 1).await;
    world.clock.advance_ms(900_000);
    let late = world.app.allow_payment(&buyer(1), id(7)).await.unwrap_err();
    assert_eq!(late.reason(), Reason::OrderExpired);
}

#[tokio::test]
async fn nobody_pays_for_another() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    for (who, order) in [(2, 7), (1, 8)] {
        let refused = world
            .app
            .allow_payment(&buyer(who), id(order))
            .await
            .unwrap_err();
        assert_eq!(refused.reason(), Reason::OrderNotFound);
    }
    assert!(matches!(
        world.state(7).await,
        State::Pending {
            pay_opened: false,
            ..
        }
    ));
}

#[tokio::test]
async fn an_order_that_has_not_landed_is_worth_another_try() {
    let world = open(10).await;
    let item = item(7, 1, "0:3");
    world.accepted.lock().unwrap().push(accepted(&item));
    let early = world.app.allow_payment(&buyer(1), id(7)).await.unwrap_err();
    assert_eq!(
        (early.reason(), early.retry_after_s()),
        (Reason::OrderState, Some(1))
    );
    world.land_one(item).await;
    world.allow(7, 1).await;
}

#[tokio::test]
async fn paid_and_closed_orders_are_not_paid_again() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3"), item(8, 2, "0:4"), item(9, 3, "0:5")])
        .await;
    world.allow(7, 1).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    world.allow(8, 2).await;
    world.lapse().await;
    for (order, reason) in [
        (7, Reason::OrderPaid),
        (8, Reason::OrderState),
        (9, Reason::OrderState),
    ] {
        let refused = world
            .app
            .allow_payment(&buyer(order - 6), id(order))
            .await
            .unwrap_err();
        assert_eq!(refused.reason(), reason, "{order}");
    }
}

#[tokio::test]
async fn what_a_rebuild_interrupted_is_not_worth_another_try() {
    let world = open(10).await;
    world
        .accepted
        .lock()
        .unwrap()
        .push(accepted(&item(7, 1, "0:3")));
    world.fence(1, order::Intent::Rebuild).await;
    let over = world.app.allow_payment(&buyer(1), id(7)).await.unwrap_err();
    assert_eq!(
        (over.reason(), over.retry_after_s()),
        (Reason::OrderState, None)
    );
}
