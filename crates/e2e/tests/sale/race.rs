use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt, stream};
use proto::seckill::Outcome;

use crate::support::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_who_asks_again_gets_the_same_order() {
    let shop = Shop::open().await;
    let sale = shop.sale(5, 1).await;
    let (first, order_no) = shop.buy(sale, 7).await;
    assert_eq!(first, Outcome::Won);
    for key in ["", "another-key"] {
        assert_eq!(
            shop.buy_with(sale, 7, 1, key).await,
            (Outcome::Repeated, order_no.clone())
        );
    }
    shop.landed(sale, 1).await;
    assert_eq!(shop.buy(sale, 7).await, (Outcome::Repeated, order_no));
    assert_eq!(shop.live(sale).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_asks_for_further_units_up_to_the_limit() {
    let shop = Shop::open().await;
    let sale = shop.sale(9, 3).await;
    let (_, a) = shop.buy_with(sale, 7, 1, "a").await;
    assert_eq!(
        shop.buy_with(sale, 7, 1, "a").await,
        (Outcome::Repeated, a.clone())
    );
    let (outcome, b) = shop.buy_with(sale, 7, 1, "b").await;
    assert_eq!(outcome, Outcome::Won);
    assert_ne!(a, b);
    assert_eq!(
        shop.buy_with(sale, 7, 2, "c").await.0,
        Outcome::Limit,
        "one slot is left"
    );
    assert_eq!(
        shop.buy_with(sale, 7, 1, "").await.0,
        Outcome::Repeated,
        "without a key"
    );
    assert_eq!(shop.buy_with(sale, 7, 1, "c").await.0, Outcome::Won);
    shop.landed(sale, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_counted_and_not_orders() {
    let shop = Shop::open().await;
    let sale = shop.sale(3, 2).await;
    assert_eq!(shop.buy_with(sale, 7, 2, "").await.0, Outcome::Won);
    assert_eq!(
        shop.buy_with(sale, 8, 2, "").await.0,
        Outcome::SoldOut,
        "one unit is left"
    );
    assert_eq!(shop.buy_with(sale, 8, 1, "").await.0, Outcome::Won);
    assert_eq!(shop.buy_with(sale, 9, 1, "").await.0, Outcome::SoldOut);
    shop.landed(sale, 3).await;
    let orders: BTreeSet<i64> = shop
        .live(sale)
        .await
        .values()
        .map(|unit| unit.order_id)
        .collect();
    assert_eq!(orders.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_writes_nothing() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    shop.buy(sale, 1).await;
    shop.landed(sale, 1).await;
    // The confirmed entry goes with the next script.
    assert_eq!(shop.buy(sale, 2).await.0, Outcome::SoldOut);
    let before = shop.dump(sale).await;
    for user in 2..50 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::SoldOut);
    }
    assert_eq!(shop.dump(sale).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_buyers_never_get_more_than_a_hundred_units() {
    let shop = Arc::new(Shop::open().await);
    let sale = shop.sale(100, 1).await;
    let told: Vec<_> = stream::iter(1..=2_000)
        .map(|user| {
            let shop = Arc::clone(&shop);
            async move {
                tokio::spawn(async move { shop.buy(sale, user).await })
                    .await
                    .unwrap()
            }
        })
        .buffer_unordered(256)
        .collect()
        .await;
    let won: BTreeSet<_> = told
        .iter()
        .filter(|(outcome, _)| *outcome == Outcome::Won)
        .map(|(_, no)| no)
        .collect();
    assert_eq!(won.len(), 100);
    let lost = told
        .iter()
        .filter(|(outcome, _)| *outcome == Outcome::SoldOut)
        .count();
    assert_eq!(lost, 1_900);
    shop.landed(sale, 100).await;
    let live = shop.live(sale).await;
    assert!(
        live.keys().copied().eq(1..=100),
        "units 1 to 100, each once"
    );
    let buyers: BTreeSet<i64> = live.values().map(|unit| unit.user_id).collect();
    assert_eq!(buyers.len(), 100, "once per buyer");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_before_the_race() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    for quantity in [0, -1, i32::MIN, i32::MAX, 21] {
        assert_eq!(
            shop.ask(sale, 7, quantity, "").await.outcome(),
            Outcome::BadQuantity
        );
    }
    for activity in [-1, 0, sale + 1, i64::MAX] {
        assert_eq!(
            shop.ask(activity, 7, 1, "").await.outcome(),
            Outcome::NotFound,
            "{activity}"
        );
    }
    assert_eq!(
        shop.ask(sale, -7, 1, "").await.outcome(),
        Outcome::BadQuantity
    );
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
}
