use fault::Reason;
use proto::product::{DeleteRequest, GetRequest, UpdateRequest};

use crate::support::{Shop, as_admin, as_user, reason};

#[tokio::test]
async fn a_deleted_product_is_gone_once() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 5).await.id;
    shop.client.clone().get(GetRequest { id }).await.unwrap();
    let deleted = shop
        .client
        .clone()
        .delete(as_admin(DeleteRequest { id }))
        .await
        .unwrap();
    assert!(deleted.into_inner().deleted);
    let gone = shop
        .client
        .clone()
        .get(GetRequest { id })
        .await
        .unwrap_err();
    assert_eq!(reason(gone), Reason::ProductNotFound);
    let update = UpdateRequest {
        id,
        stock: Some(1),
        ..UpdateRequest::default()
    };
    let gone = shop
        .client
        .clone()
        .update(as_admin(update))
        .await
        .unwrap_err();
    assert_eq!(reason(gone), Reason::ProductNotFound);
    for id in [id, id + 1, 0, -5] {
        let again = shop
            .client
            .clone()
            .delete(as_admin(DeleteRequest { id }))
            .await
            .unwrap();
        assert!(!again.into_inner().deleted, "{id}");
    }
}

#[tokio::test]
async fn only_administrators_delete() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 5).await.id;
    let refused = shop
        .client
        .clone()
        .delete(as_user(DeleteRequest { id }))
        .await
        .unwrap_err();
    assert_eq!(reason(refused), Reason::NotAdmin);
}
