use order::{
    Intent,
    model::{CloseReason, State, Version},
};

use crate::support::{PRICE_FEN, item, open, returned};

#[tokio::test]
async fn a_cancelled_sales_unpaid_orders_close_and_paid_ones_stay() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3"), item(8, 2, "0:4"), item(9, 3, "0:5")])
        .await;
    world.allow(8, 2).await;
    world.pay(8, "PAY1", PRICE_FEN).await;
    world.allow(9, 3).await;
    world
        .fence(
            1,
            Intent::End {
                version: Version(2),
                cancelled: true,
            },
        )
        .await;
    world.app.expire_cancelled().await.unwrap();
    world.app.sweep().await.unwrap();
    assert_eq!(
        world.state(7).await,
        State::Closed {
            reason: CloseReason::Lapsed
        }
    );
    assert!(matches!(world.state(8).await, State::Paid { .. }));
    assert!(matches!(world.state(9).await, State::Closing { .. }));
    let events = world.events().await;
    assert_eq!(
        events[..2],
        [returned("sale/1/end", 7), returned("order/7", 1)]
    );
    assert_eq!(events.len(), 3, "{events:?}");
    // Nothing is left to do, and an ended sale that was not cancelled never had anything.
    world.app.expire_cancelled().await.unwrap();
}

#[tokio::test]
async fn an_ended_sales_orders_may_still_be_paid() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.fence(1, crate::support::end(2)).await;
    world.app.expire_cancelled().await.unwrap();
    assert_eq!(world.app.sweep().await.unwrap(), 0);
    world.allow(7, 1).await;
}
