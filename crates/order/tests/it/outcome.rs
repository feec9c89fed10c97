use order::{Intent, model::Epoch};

use crate::support::{activity, id, item, open};

#[tokio::test]
async fn a_row_wins_over_everything_else() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.fence(1, Intent::Rebuild).await;
    let outcome = world.app.outcome(activity(1), id(7)).await.unwrap();
    assert_eq!(outcome.epoch, Epoch(2));
    assert_eq!(outcome.order.map(|order| order.id), Some(id(7)));
    let none = world.app.outcome(activity(1), id(8)).await.unwrap();
    assert!(none.order.is_none() && !none.ended);
}

#[tokio::test]
async fn another_activitys_order_is_no_answer() {
    let world = open(10).await;
    world.open(2, 10).await;
    world.land_one(item(7, 1, "0:3")).await;
    assert!(
        world
            .app
            .outcome(activity(2), id(7))
            .await
            .unwrap()
            .order
            .is_none()
    );
}
