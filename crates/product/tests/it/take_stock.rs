use fault::Reason;
use proto::product::{DeleteRequest, TakeStockRequest, TakeStockResponse};
use tonic::Status;

use crate::support::{Client, Shop, as_admin, reason};

pub(crate) async fn take(
    shop: &Shop,
    key: &str,
    product_id: i64,
    units: i64,
) -> Result<TakeStockResponse, Status> {
    take_by(&mut shop.client.clone(), key, product_id, units).await
}

async fn take_by(
    client: &mut Client,
    key: &str,
    product_id: i64,
    units: i64,
) -> Result<TakeStockResponse, Status> {
    let request = TakeStockRequest {
        key: key.to_owned(),
        product_id,
        units,
    };
    Ok(client.take_stock(request).await?.into_inner())
}

#[tokio::test]
async fn a_repeated_key_is_answered_as_the_first_time() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 10).await.id;
    let first = take(&shop, "sale/1/1", id, 4).await.unwrap();
    assert_eq!((first.taken, first.units), (true, 4));
    assert_eq!(first.item.as_ref().map(|item| item.stock), Some(6));
    take(&shop, "sale/2/1", id, 1).await.unwrap();
    assert_eq!(take(&shop, "sale/1/1", id, 4).await.unwrap(), first);
    assert_eq!(shop.stock(id).await, 5);
}

#[tokio::test]
async fn refusals_are_repeated_too() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 3).await.id;
    let refused = take(&shop, "sale/1/1", id, 4).await.unwrap();
    assert_eq!((refused.taken, refused.units), (false, 0));
    shop.client
        .clone()
        .return_stock(proto::product::ReturnStockRequest {
            key: "more".to_owned(),
            product_id: id,
            units: 10,
        })
        .await
        .unwrap();
    assert_eq!(take(&shop, "sale/1/1", id, 4).await.unwrap(), refused);
    assert!(take(&shop, "sale/1/2", id, 4).await.unwrap().taken);

    let unknown = take(&shop, "sale/9/1", id + 1, 1).await.unwrap_err();
    assert_eq!(reason(unknown), Reason::ProductNotFound);
    assert_eq!(shop.add("chair", 100, 3).await.id, id + 1);
    let unknown = take(&shop, "sale/9/1", id + 1, 1).await.unwrap_err();
    assert_eq!(
        reason(unknown),
        Reason::ProductNotFound,
        "as it was the first time"
    );
}

#[tokio::test]
async fn zero_takes_all_there_is() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 7).await.id;
    let all = take(&shop, "sale/1/1", id, 0).await.unwrap();
    assert_eq!((all.taken, all.units), (true, 7));
    assert_eq!(shop.stock(id).await, 0);
    let nothing = take(&shop, "sale/2/1", id, 0).await.unwrap();
    assert_eq!((nothing.taken, nothing.units), (false, 0));
    assert_eq!(take(&shop, "sale/1/1", id, 0).await.unwrap(), all);
}

#[tokio::test]
async fn one_key_at_once_moves_once() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 100).await.id;
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let mut client = shop.client.clone();
            tokio::spawn(async move { take_by(&mut client, "sale/1/1", id, 5).await })
        })
        .collect();
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        assert_eq!((answer.taken, answer.units), (true, 5));
    }
    assert_eq!(shop.stock(id).await, 95);
}

#[tokio::test]
async fn stock_never_goes_below_zero() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 50).await.id;
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let mut client = shop.client.clone();
            tokio::spawn(async move { take_by(&mut client, &format!("sale/{n}/1"), id, 3).await })
        })
        .collect();
    let mut taken = 0;
    for call in calls {
        taken += call.await.unwrap().unwrap().units;
    }
    assert_eq!(taken, 48, "sixteen times three");
    assert_eq!(shop.stock(id).await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_movement() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 10).await.id;
    take(&shop, "sale/1/1", id, 4).await.unwrap();
    for (product, units) in [(id, 5), (id, 0), (id + 1, 4)] {
        let refused = take(&shop, "sale/1/1", product, units).await.unwrap_err();
        assert_eq!(reason(refused), Reason::ProductParameter);
    }
    assert_eq!(shop.stock(id).await, 6);
}

#[tokio::test]
async fn what_is_no_movement_is_refused() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 10).await.id;
    for (key, units) in [
        ("", 1),
        ("a b", 1),
        ("é", 1),
        (&*"x".repeat(65), 1),
        ("k", -1),
        ("k", i64::MIN),
        ("k", i64::MAX),
    ] {
        let refused = take(&shop, key, id, units).await.unwrap_err();
        assert_eq!(reason(refused), Reason::ProductParameter, "{key} {units}");
    }
    shop.client
        .clone()
        .delete(as_admin(DeleteRequest { id }))
        .await
        .unwrap();
    let gone = take(&shop, "k", id, 1).await.unwrap_err();
    assert_eq!(reason(gone), Reason::ProductNotFound);
}
