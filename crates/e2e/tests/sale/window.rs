use clock::Clock;
use proto::seckill::{CreateActivityRequest, Outcome};

use crate::support::Shop;

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
