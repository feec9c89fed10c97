use fault::{Fault, Reason};
use order::{Intent, model::State};

use crate::support::{
    Event, PRICE_FEN, admin, end, id, item, landed, open, payment, released, returned,
};

#[tokio::test]
async fn a_refund_frees_the_units_and_tells_payment_once() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.pay(7, "PAY1", 2 * PRICE_FEN).await;
    world.fence(1, Intent::Rebuild).await;
    for _ in 0..2 {
        let order = world
            .app
            .refund_order(&admin(), id(7), "坏了")
            .await
            .unwrap();
        assert_eq!(
            landed(order).state,
            State::Refunding {
                payment: payment("PAY1")
            }
        );
    }
    assert!(world.live().await.is_empty());
    let events = world.events().await;
    assert_eq!(events[0], released(7, 1, &[0, 1], 2));
    assert!(matches!(&events[1], Event::RefundDue(due) if due.payment_no == "PAY1"));
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn after_the_end_its_units_go_back_to_the_product() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.pay(7, "PAY1", 2 * PRICE_FEN).await;
    world.fence(1, end(2)).await;
    world.events().await;
    world.app.refund_order(&admin(), id(7), "").await.unwrap();
    assert_eq!(world.events().await[0], returned("order/7", 2));
}

#[tokio::test]
async fn only_a_paid_order_is_refunded() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let unpaid = world
        .app
        .refund_order(&admin(), id(7), "")
        .await
        .unwrap_err();
    assert_eq!(unpaid.reason(), Reason::OrderState);
    let unknown = world
        .app
        .refund_order(&admin(), id(8), "")
        .await
        .unwrap_err();
    assert_eq!(unknown.reason(), Reason::OrderNotFound);
}
