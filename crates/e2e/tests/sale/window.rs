use clock::Clock;
use proto::seckill::{CreateActivityRequest, Outcome};

use crate::support::{SOON, Shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_opens_and_closes_to_the_millisecond() {
    let shop = Shop::open().await;
    let start_ms = shop.clock.now_ms() + 60_000;
    let draft = CreateActivityRequest {
        product_id: shop.product().await,
        units: 9,
        start_ms,
        end_ms: start_ms + 60_000,
        ..shop.draft()
    };
    let sale = shop.create(draft).await.unwrap().id;
    shop.warm(sale).await;
    for (at_ms, outcome) in [
        (start_ms - 1, Outcome::NotStarted),
        (start_ms, Outcome::Won),
        (start_ms + 59_999, Outcome::Won),
        (start_ms + 60_000, Outcome::Ended),
    ] {
        shop.clock.set_ms(at_ms);
        assert_eq!(
            shop.buy(sale, at_ms % 1_000_000 + 1).await.0,
            outcome,
            "{}",
            at_ms - start_ms
        );
    }
    shop.landed(sale, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_gives_back_what_was_not_sold_once() {
    let shop = Shop::open().await;
    shop.replica().await;
    let product_id = shop.product().await;
    let draft = CreateActivityRequest {
        product_id,
        units: 40,
        ..shop.draft()
    };
    let end_ms = draft.end_ms;
    let sale = shop.create(draft).await.unwrap().id;
    shop.warm(sale).await;
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
    shop.landed(sale, 1).await;
    let epoch = shop.get(sale).await.epoch;
    // The order's window is over too: its unit goes back to the product, not to the sale.
    shop.clock.set_ms(end_ms);
    testkit::eventually(SOON, async || shop.stock(product_id).await == 100).await;
    let dead = async || shop.dump(sale).await.iter().all(Option::is_none);
    testkit::eventually(SOON, dead).await;
    assert!(shop.get(sale).await.epoch > epoch, "the end is a fence");
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::Ended);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(shop.stock(product_id).await, 100, "and no more than that");
}
