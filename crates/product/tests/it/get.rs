use std::time::Duration;

use fault::Reason;
use proto::product::GetRequest;

use crate::support::{CACHE_MS, Shop, reason};

#[tokio::test]
async fn what_others_changed_is_seen_after_a_moment() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 5).await.id;
    let stock = || async {
        shop.client
            .clone()
            .get(GetRequest { id })
            .await
            .unwrap()
            .into_inner()
            .stock
    };
    assert_eq!(stock().await, 5);
    let update = sqlx::query("UPDATE products SET stock = 4 WHERE id = ?").bind(id);
    update.execute(&shop.pool).await.unwrap();
    let limit = Duration::from_millis(CACHE_MS) + Duration::from_secs(2);
    testkit::eventually(limit, || async { stock().await == 4 }).await;
}

#[tokio::test]
async fn an_unknown_product_is_not_found() {
    let shop = Shop::open().await;
    for id in [0, -1, 4_711, i64::MAX, i64::MIN] {
        let unknown = shop
            .client
            .clone()
            .get(GetRequest { id })
            .await
            .unwrap_err();
        assert_eq!(reason(unknown), Reason::ProductNotFound, "{id}");
    }
}

#[tokio::test]
async fn a_product_is_found_as_soon_as_it_is_there() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 5).await.id + 1;
    shop.client
        .clone()
        .get(GetRequest { id })
        .await
        .unwrap_err();
    assert_eq!(shop.add("chair", 100, 5).await.id, id);
    shop.client.clone().get(GetRequest { id }).await.unwrap();
}
