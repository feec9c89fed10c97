//! Between the script and the broker's confirm.

use std::net::SocketAddr;

use proto::{
    order::State,
    seckill::{AcceptedRequest, Outcome},
};
use testkit::ChaosProxy;

use crate::support::{ALL, BY_HAND, SOON, Shop};

/// Seckill's way to the broker goes through a proxy; the others' does not.
async fn shop() -> (Shop, ChaosProxy) {
    let amqp: SocketAddr = testkit::server_address(&testkit::amqp_url());
    let proxy = ChaosProxy::start(amqp).await;
    let through = testkit::amqp_url().replace(&amqp.to_string(), &proxy.address().to_string());
    let shop = Shop::open_as(&BY_HAND, &ALL, |config| {
        config.mq.url = through.into();
        config.mq.confirm_timeout_ms = 300;
    })
    .await;
    (shop, proxy)
}

async fn unconfirmed(shop: &Shop, sale: i64, user: i64) {
    let told = shop.ask(sale, user, 1, "").await.outcome();
    assert!(
        matches!(told, Outcome::Unconfirmed | Outcome::Busy),
        "{told:?}"
    );
}

async fn unsent(shop: &Shop, sale: i64) -> Vec<i64> {
    let command = kv::cmd("HKEYS").arg(shop.key(sale, "unsent")).to_owned();
    shop.kv.query(&command).await.unwrap()
}

async fn heal(shop: &Shop, proxy: &ChaosProxy) {
    proxy.cut();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    proxy.heal();
    shop.clock.advance_ms(2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_publishes_what_nobody_confirmed_also_while_paused() {
    let (shop, proxy) = shop().await;
    let sale = shop.sale(2, 1).await;
    proxy.black_hole();
    unconfirmed(&shop, sale, 7).await;
    let order = unsent(&shop, sale).await[0];
    // An accepted order shows at once, whether or not it has landed.
    let accepted = AcceptedRequest { user_id: 7 };
    let accepted = shop
        .seckill
        .clone()
        .accepted(accepted)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(accepted.orders[0].order_id, order);
    shop.forge(sale, "state", "paused").await;
    heal(&shop, &proxy).await;
    testkit::eventually(SOON, async || {
        shop.app.relay().await.unwrap();
        unsent(&shop, sale).await.is_empty()
    })
    .await;
    shop.landed(sale, 1).await;
    assert_eq!(shop.live(sale).await[&1].order_id, order, "unchanged");
}

/// A repeat publishes the reservation again, and is answered once the broker has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_an_unconfirmed_order_publishes_it_again() {
    let (shop, proxy) = shop().await;
    let sale = shop.sale(2, 1).await;
    proxy.black_hole();
    unconfirmed(&shop, sale, 7).await;
    unconfirmed(&shop, sale, 7).await;
    let order = unsent(&shop, sale).await;
    assert_eq!(order.len(), 1, "one order however often");
    heal(&shop, &proxy).await;
    let (outcome, order_no) = shop.buy(sale, 7).await;
    assert_eq!(outcome, Outcome::Repeated);
    shop.landed(sale, 1).await;
    assert_eq!(shop.view(7, &order_no).await.id, order[0]);
}

/// What the rebuild counted as free lands as refused, and frees nothing a second time.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_an_older_epoch_is_relayed_and_refused() {
    let (shop, proxy) = shop().await;
    let sale = shop.sale(1, 1).await;
    proxy.black_hole();
    unconfirmed(&shop, sale, 7).await;
    let order = unsent(&shop, sale).await[0];
    shop.lose(sale, &["meta", "buyers"]).await;
    testkit::eventually(SOON, async || {
        shop.app.detect().await.unwrap();
        let activity = shop.get(sale).await;
        activity.open && activity.epoch == 2
    })
    .await;
    assert_eq!(unsent(&shop, sale).await, [order], "the list survives");
    heal(&shop, &proxy).await;
    // The broker may not be back for the first try.
    let told = shop.buy(sale, 8).await.0;
    assert!(matches!(told, Outcome::Won | Outcome::Repeated), "{told:?}");
    testkit::eventually(SOON, async || {
        shop.app.relay().await.unwrap();
        unsent(&shop, sale).await.is_empty()
    })
    .await;
    let asked = proto::order::OutcomeRequest {
        activity_id: sale,
        order_id: order,
    };
    let row = async || {
        let outcome = shop.order.clone().outcome(asked).await;
        outcome.unwrap().into_inner().order
    };
    testkit::eventually(SOON, async || row().await.is_some()).await;
    let row = row().await.unwrap();
    assert_eq!((row.state(), &*row.reason), (State::Refused, "interrupted"));
    assert_eq!(shop.buy(sale, 9).await.0, Outcome::SoldOut);
    shop.landed(sale, 1).await;
}
