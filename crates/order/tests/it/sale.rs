use order::model::{Epoch, Version};

use crate::support::{activity, end, terms, world};

#[tokio::test]
async fn a_repeated_opening_leaves_the_row_alone() {
    let world = world().await;
    let opened = world
        .app
        .open_sale(activity(1), Version(1), terms(10))
        .await
        .unwrap();
    assert_eq!((opened.epoch, opened.ended), (Epoch(0), false));
    world.fence(0, order::Intent::Rebuild).await;
    let again = world
        .app
        .open_sale(activity(1), Version(5), terms(99))
        .await
        .unwrap();
    assert_eq!(
        (again.epoch, again.version, again.terms.units),
        (Epoch(1), Version(1), 10)
    );
    world.fence(1, end(2)).await;
    let late = world
        .app
        .open_sale(activity(1), Version(1), terms(10))
        .await
        .unwrap();
    assert!(late.ended);
}

#[tokio::test]
async fn the_list_holds_what_has_not_ended() {
    let world = world().await;
    world.open(1, 10).await;
    world.open(2, 10).await;
    world.fence_of(1, 1, end(2)).await;
    let open = world.app.epochs().await.unwrap();
    assert_eq!(
        open.iter().map(|sale| sale.activity_id).collect::<Vec<_>>(),
        [2]
    );
    assert!(!open[0].suspect);
}

#[tokio::test]
async fn impossible_terms_are_refused() {
    let world = world().await;
    let opened = world.app.open_sale(activity(1), Version(1), terms(0)).await;
    assert!(matches!(opened, Err(order::Error::Terms(_))));
}
