//! Redis may be wiped, robbed of a key, or rolled back at any moment.

use std::net::SocketAddr;

use proto::seckill::Outcome;
use testkit::ChaosProxy;

use crate::support::{PARTS, SOON, Shop};

/// Sells what is left, and asserts that every unit is sold once.
async fn sells_out_exactly(shop: &Shop, sale: i64, units: usize) {
    for user in 100.. {
        match shop.buy(sale, user).await.0 {
            Outcome::Won => {}
            Outcome::SoldOut => break,
            other => panic!("{other:?}"),
        }
    }
    shop.landed(sale, units).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_redis_is_rebuilt_and_winners_keep_their_orders() {
    let shop = Shop::open().await;
    let sale = shop.sale(5, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    let epoch = shop.get(sale).await.epoch;
    shop.lose(sale, &PARTS).await;
    assert_eq!(shop.ask(sale, 8, 1, "").await.outcome(), Outcome::Paused);
    assert_eq!(shop.buy(sale, 7).await, (Outcome::Repeated, order_no));
    assert!(shop.get(sale).await.epoch > epoch);
    sells_out_exactly(&shop, sale, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_lost_key_pauses_the_sale() {
    let shop = Shop::open().await;
    for part in ["meta", "buyers"] {
        let sale = shop.sale(4, 1).await;
        let (_, order_no) = shop.buy(sale, 7).await;
        shop.landed(sale, 1).await;
        shop.lose(sale, &[part]).await;
        assert_eq!(
            shop.ask(sale, 8, 1, "").await.outcome(),
            Outcome::Paused,
            "{part}"
        );
        assert_eq!(
            shop.buy(sale, 7).await,
            (Outcome::Repeated, order_no),
            "{part}"
        );
        sells_out_exactly(&shop, sale, 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_returned_units_are_found_again() {
    let shop = Shop::open().await;
    let sale = shop.sale(2, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 2).await;
    shop.lose(sale, &["returned"]).await;
    assert_eq!(shop.ask(sale, 8, 1, "").await.outcome(), Outcome::Paused);
    sells_out_exactly(&shop, sale, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_of_an_older_epoch_sells_nothing() {
    let shop = Shop::open().await;
    let sale = shop.sale(3, 1).await;
    let old = shop.dump(sale).await;
    shop.lose(sale, &PARTS).await;
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won, "in a new epoch");
    shop.landed(sale, 1).await;
    let epoch = shop.get(sale).await.epoch;
    shop.roll_back(sale, &old).await;
    assert_eq!(shop.ask(sale, 8, 1, "").await.outcome(), Outcome::Paused);
    sells_out_exactly(&shop, sale, 3).await;
    assert!(shop.get(sale).await.epoch > epoch);
}

/// A rollback within an epoch shows when a unit is sold again: the landing refuses, and the sale is
/// rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn an_unnoticed_rollback_sells_nothing_twice() {
    let shop = Shop::open().await;
    let sale = shop.sale(4, 1).await;
    shop.buy(sale, 1).await;
    shop.landed(sale, 1).await;
    let old = shop.dump(sale).await;
    let (_, second) = shop.buy(sale, 2).await;
    shop.landed(sale, 2).await;
    shop.roll_back(sale, &old).await;
    // Redis hands out unit 2 again; the buyer is told "won", and then why not.
    let (_, third) = shop.buy(sale, 3).await;
    testkit::eventually(SOON, async || {
        let state = shop.view(3, &third).await.state();
        state != proto::order::State::Processing
    })
    .await;
    let view = shop.view(3, &third).await;
    assert_eq!(
        (view.state(), view.reason.as_str()),
        (proto::order::State::Refused, "conflict")
    );
    assert_eq!(
        shop.live(sale).await.len(),
        2,
        "and the second buyer keeps the unit"
    );
    assert_eq!(
        shop.view(2, &second).await.state(),
        proto::order::State::Pending
    );
    testkit::eventually(SOON, async || shop.get(sale).await.epoch > 1).await;
    sells_out_exactly(&shop, sale, 4).await;
}

/// Every restart and failover counts as a loss: another server answers, or the same one under
/// another name.
#[tokio::test(flavor = "multi_thread")]
async fn another_server_behind_the_address_is_rebuilt_from_mysql() {
    let shop = Shop::open().await;
    let sale = shop.sale(3, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    for (field, value) in [("run_id", "another"), ("state", "paused")] {
        let epoch = shop.get(sale).await.epoch;
        shop.forge(sale, field, value).await;
        testkit::eventually(SOON, async || shop.get(sale).await.epoch > epoch).await;
        assert_eq!(
            shop.buy(sale, 7).await,
            (Outcome::Repeated, order_no.clone()),
            "{field}"
        );
    }
    sells_out_exactly(&shop, sale, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_buyers_are_told_to_come_back() {
    let redis: SocketAddr = testkit::server_address(&testkit::redis_url());
    let proxy = ChaosProxy::start(redis).await;
    let through = testkit::redis_url().replace(&redis.to_string(), &proxy.address().to_string());
    let shop = Shop::open_with(|config| config.kv.url = through.into()).await;
    let sale = shop.sale(2, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    proxy.black_hole();
    let started = std::time::Instant::now();
    let told = shop.ask(sale, 8, 1, "").await;
    assert_eq!(told.outcome(), Outcome::Busy);
    assert!(started.elapsed().as_secs() < 3, "quickly");
    assert_eq!(shop.get(sale).await.available, -1, "nobody knows");
    proxy.cut();
    proxy.heal();
    // The first try may have reached Redis after all.
    let (outcome, _) = shop.buy(sale, 8).await;
    assert!(
        matches!(outcome, Outcome::Won | Outcome::Repeated),
        "{outcome:?}"
    );
    assert_eq!(shop.buy(sale, 7).await, (Outcome::Repeated, order_no));
    assert_eq!(shop.buy(sale, 9).await.0, Outcome::SoldOut);
    shop.landed(sale, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rebuilders_install_one_stock() {
    let shop = Shop::open().await;
    shop.replica().await;
    let sale = shop.sale(9, 1).await;
    for user in 1..=3 {
        shop.lose(sale, &PARTS).await;
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
        shop.landed(sale, user.try_into().unwrap()).await;
    }
    sells_out_exactly(&shop, sale, 9).await;
}
