use order::{
    Handled, Intent,
    model::{CloseReason, State},
};

use crate::support::{id, item, open, released};

#[tokio::test]
async fn only_a_closing_order_closes() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.allow(7, 1).await;
    // The buyer closed one payment and may open another.
    assert_eq!(
        world.app.payment_closed(id(7)).await.unwrap(),
        Handled::Done
    );
    assert!(matches!(world.state(7).await, State::Pending { .. }));
    world.lapse().await;
    world.events().await;
    world.fence(1, Intent::Rebuild).await;
    for _ in 0..2 {
        assert_eq!(
            world.app.payment_closed(id(7)).await.unwrap(),
            Handled::Done
        );
    }
    assert_eq!(
        world.state(7).await,
        State::Closed {
            reason: CloseReason::Lapsed
        }
    );
    assert_eq!(world.events().await, [released(7, 1, &[0], 2)]);
}

#[tokio::test]
async fn an_unknown_order_is_dead() {
    let world = open(10).await;
    assert!(matches!(
        world.app.payment_closed(id(7)).await.unwrap(),
        Handled::Dead(_)
    ));
}
