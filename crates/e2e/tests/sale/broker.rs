use std::{net::SocketAddr, time::Duration};

use proto::seckill::Outcome;
use testkit::ChaosProxy;

use crate::support::Shop;

/// No buyer is told "won" before the broker has the reservation; afterwards the same buyer gets the
/// same order.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_brokers_confirm_nobody_is_told_and_nothing_is_lost() {
    let amqp: SocketAddr = testkit::server_address(&testkit::amqp_url());
    let proxy = ChaosProxy::start(amqp).await;
    let through = testkit::amqp_url().replace(&amqp.to_string(), &proxy.address().to_string());
    let shop = Shop::open_with(|config| {
        config.mq.url = through.into();
        config.mq.confirm_timeout_ms = 500;
    })
    .await;
    let sale = shop.sale(1, 1).await;
    proxy.black_hole();
    let told = shop.ask(sale, 7, 1, "").await;
    assert!(
        matches!(told.outcome(), Outcome::Unconfirmed | Outcome::Busy),
        "{told:?}"
    );
    assert!(shop.live(sale).await.is_empty());
    tokio::time::sleep(Duration::from_secs(1)).await;
    shop.clock.advance_ms(5_000);
    proxy.cut();
    proxy.heal();
    // The relay publishes it, whether or not the buyer comes back.
    shop.landed(sale, 1).await;
    let (outcome, order_no) = shop.buy(sale, 7).await;
    assert_eq!(outcome, Outcome::Repeated);
    assert_eq!(shop.view(7, &order_no).await.quantity, 1);
    assert_eq!(shop.live(sale).await.len(), 1);
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::SoldOut);
}
