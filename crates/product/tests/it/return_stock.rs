use fault::Reason;
use product::domain::STOCK_MAX;
use proto::product::{DeleteRequest, ReturnStockRequest};
use tonic::Status;

use crate::{
    support::{Shop, as_admin, reason},
    take_stock::take,
};

async fn give_back(shop: &Shop, key: &str, product_id: i64, units: i64) -> Result<(), Status> {
    let request = ReturnStockRequest {
        key: key.to_owned(),
        product_id,
        units,
    };
    shop.client.clone().return_stock(request).await.map(|_| ())
}

#[tokio::test]
async fn units_come_back_once() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 10).await.id;
    take(&shop, "sale/1/1", id, 10).await.unwrap();
    for _ in 0..3 {
        give_back(&shop, "sale/1/end", id, 4).await.unwrap();
    }
    assert_eq!(shop.stock(id).await, 4);
}

#[tokio::test]
async fn a_deleted_product_takes_its_units_back() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 10).await.id;
    take(&shop, "sale/1/1", id, 10).await.unwrap();
    shop.client
        .clone()
        .delete(as_admin(DeleteRequest { id }))
        .await
        .unwrap();
    give_back(&shop, "sale/1/end", id, 10).await.unwrap();
    give_back(&shop, "sale/1/end", id, 10).await.unwrap();
    assert_eq!(shop.stock(id).await, 10);
}

#[tokio::test]
async fn stock_stays_exact() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, STOCK_MAX).await.id;
    let refused = give_back(&shop, "k", id, 1).await.unwrap_err();
    assert_eq!(reason(refused), Reason::ProductParameter);
    let unknown = give_back(&shop, "l", id + 1, 1).await.unwrap_err();
    assert_eq!(reason(unknown), Reason::ProductNotFound);
    for units in [0, -1, i64::MAX, i64::MIN] {
        let refused = give_back(&shop, "m", id, units).await.unwrap_err();
        assert_eq!(reason(refused), Reason::ProductParameter, "{units}");
    }
    let other = give_back(&shop, "sale/1", id, 1).await.unwrap_err();
    assert_eq!(reason(other), Reason::ProductParameter);
    assert_eq!(shop.stock(id).await, STOCK_MAX);
}
