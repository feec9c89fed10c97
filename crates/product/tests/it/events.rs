use std::time::Duration;

use mq::{Broker, Message, Outgoing};
use proto::product::StockReturned;

use crate::support::Shop;

async fn broker(shop: &Shop) -> Broker {
    mq::connect(&shop.mq, shop.ctx.tracker(), shop.ctx.stop()).await
}

fn returned(key: &str, product_id: i64, units: i64) -> StockReturned {
    StockReturned {
        key: key.to_owned(),
        product_id,
        units,
    }
}

#[tokio::test]
async fn returned_stock_is_added_once_per_key() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 1).await.id;
    let publisher = broker(&shop).await.publisher();
    // Twice as the same message, once more as another.
    let message = Outgoing::of(&returned("sale/1/end", id, 5));
    publisher.publish(vec![message.clone()]).await.unwrap();
    publisher.publish(vec![message]).await.unwrap();
    publisher
        .publish(vec![Outgoing::of(&returned("sale/1/end", id, 5))])
        .await
        .unwrap();
    publisher
        .publish(vec![Outgoing::of(&returned("order/9", id, 1))])
        .await
        .unwrap();
    testkit::eventually(Duration::from_secs(10), || async {
        shop.stock(id).await == 7
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(shop.stock(id).await, 7);
}

#[tokio::test]
async fn what_can_never_work_is_parked() {
    let shop = Shop::open().await;
    let id = shop.add("lamp", 100, 1).await.id;
    let broker = broker(&shop).await;
    let bad = [
        returned("", id, 1),
        returned("a", id, -1),
        returned("b", id + 1, 1),
        returned("c", 0, 1),
    ];
    let messages = bad.iter().map(Outgoing::of).collect();
    broker.publisher().publish(messages).await.unwrap();
    let parked = || async { broker.dead(StockReturned::QUEUE).await.unwrap() == 4 };
    testkit::eventually(Duration::from_secs(10), parked).await;
    assert_eq!(shop.stock(id).await, 1);
}
