use fault::Reason;
use proto::product::{GetRequest, UpdateRequest};

use crate::support::{Shop, as_admin, as_user, reason};

#[tokio::test]
async fn only_what_is_named_changes() {
    let shop = Shop::open().await;
    let before = shop.add("lamp", 100, 5).await;
    shop.clock.advance_ms(1_000);
    let change = UpdateRequest {
        id: before.id,
        stock: Some(0),
        ..UpdateRequest::default()
    };
    let after = shop
        .client
        .clone()
        .update(as_admin(change))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(after.stock, 0);
    assert_eq!(after.name, before.name);
    assert_eq!(after.price_fen, 100);
    assert!(after.on_shelf);
    assert_eq!(after.updated_at_ms, before.updated_at_ms + 1_000);
}

#[tokio::test]
async fn a_change_is_seen_at_once() {
    let shop = Shop::open().await;
    let item = shop.add("lamp", 100, 5).await;
    let get = || async {
        shop.client
            .clone()
            .get(GetRequest { id: item.id })
            .await
            .unwrap()
            .into_inner()
    };
    assert!(get().await.on_shelf);
    let change = UpdateRequest {
        id: item.id,
        name: Some("chair".to_owned()),
        on_shelf: Some(false),
        ..UpdateRequest::default()
    };
    shop.client.clone().update(as_admin(change)).await.unwrap();
    let after = get().await;
    assert_eq!((after.name.as_str(), after.on_shelf), ("chair", false));
}

#[tokio::test]
async fn wrong_changes_are_refused() {
    let shop = Shop::open().await;
    let item = shop.add("lamp", 100, 5).await;
    let change = UpdateRequest {
        id: item.id,
        ..UpdateRequest::default()
    };
    let update = |change| async { shop.client.clone().update(as_admin(change)).await };
    for bad in [
        UpdateRequest {
            price_fen: Some(0),
            ..change.clone()
        },
        UpdateRequest {
            stock: Some(-1),
            ..change.clone()
        },
        UpdateRequest {
            name: Some(" ".to_owned()),
            ..change.clone()
        },
    ] {
        assert_eq!(
            reason(update(bad).await.unwrap_err()),
            Reason::ProductParameter
        );
    }
    for id in [0, -1, i64::MAX, item.id + 1] {
        let unknown = update(UpdateRequest {
            id,
            ..change.clone()
        })
        .await
        .unwrap_err();
        assert_eq!(reason(unknown), Reason::ProductNotFound, "{id}");
    }
    let refused = shop
        .client
        .clone()
        .update(as_user(change))
        .await
        .unwrap_err();
    assert_eq!(reason(refused), Reason::NotAdmin);
}
