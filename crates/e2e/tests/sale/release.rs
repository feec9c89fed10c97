use proto::{
    order::State,
    seckill::{Outcome, Released},
};

use crate::support::{PARTS, SOON, Shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_frees_its_unit_and_its_buyer() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::SoldOut);
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 1).await;
    assert_eq!(shop.view(7, &order_no).await.state(), State::Closed);
    let (outcome, again) = shop.buy(sale, 7).await;
    assert_eq!(outcome, Outcome::Won);
    assert_ne!(again, order_no);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_twice_returns_once() {
    let shop = Shop::open().await;
    let sale = shop.sale(2, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    let closed = shop.cancel(7, &order_no).await;
    shop.publish(&closed).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 2).await;
    // The same again, straight to seckill, and once more after the unit was sold again.
    let released = Released {
        activity_id: sale,
        order_id: closed.order_id,
        user_id: 7,
        slots: vec![1],
        epoch: 1,
    };
    shop.publish(&released).await;
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::Won);
    shop.publish(&released).await;
    shop.landed(sale, 2).await;
    for user in 9..15 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::SoldOut);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_misses_redis_is_in_the_rebuild() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    shop.lose(sale, &PARTS).await;
    shop.cancel(7, &order_no).await;
    assert_eq!(shop.buy_until_won(sale, 8).await, Outcome::Won);
    shop.landed(sale, 1).await;
    assert_eq!(shop.buy(sale, 9).await.0, Outcome::SoldOut);
}

impl Shop {
    /// The unit may still be on its way back.
    async fn buy_until_won(&self, sale: i64, user: i64) -> Outcome {
        testkit::eventually(SOON, async || {
            self.buy(sale, user).await.0 != Outcome::SoldOut
        })
        .await;
        match self.buy(sale, user).await.0 {
            Outcome::Repeated => Outcome::Won,
            other => other,
        }
    }
}
