use order::Intent;

use crate::support::{activity, item, open, world};

#[tokio::test]
async fn pages_follow_each_other() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3,1:4"), item(8, 2, "0:9")])
        .await;
    let first = world.app.live_units(activity(1), 0, 2).await.unwrap();
    let units = |page: &order::LivePage| {
        page.units
            .iter()
            .map(|unit| unit.unit_no)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (units(&first), first.more, first.sale.epoch.0),
        (vec![3, 4], true, 1)
    );
    let second = world.app.live_units(activity(1), 4, 2).await.unwrap();
    assert_eq!((units(&second), second.more), (vec![9], false));
}

/// A slot whose release is still on its way is not an orphan.
#[tokio::test]
async fn releases_on_their_way_are_told() {
    let world = open(10).await;
    world.open(2, 10).await;
    world.land(&[item(7, 1, "0:3"), item(8, 2, "0:9")]).await;
    world.fence(1, Intent::Rebuild).await;
    world.lapse().await;
    let mut releasing = world
        .app
        .live_units(activity(1), 0, 10)
        .await
        .unwrap()
        .releasing;
    releasing.sort_unstable();
    assert_eq!(releasing, [7, 8]);
    assert!(
        world
            .app
            .live_units(activity(2), 0, 10)
            .await
            .unwrap()
            .releasing
            .is_empty()
    );
    assert!(
        world
            .app
            .live_units(activity(1), 1, 10)
            .await
            .unwrap()
            .releasing
            .is_empty()
    );
    world.events().await;
    assert!(
        world
            .app
            .live_units(activity(1), 0, 10)
            .await
            .unwrap()
            .releasing
            .is_empty()
    );
}

#[tokio::test]
async fn no_sale_is_an_error() {
    let world = world().await;
    let page = world.app.live_units(activity(1), 0, 10).await;
    assert!(matches!(page, Err(order::Error::NoSale(_))));
}
