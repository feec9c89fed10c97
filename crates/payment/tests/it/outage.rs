use std::time::Duration;

use proto::payment::State;
use testkit::{ChaosProxy, eventually};

use crate::{
    support::{LIMIT, until},
    trading::Trading,
};

#[tokio::test]
async fn what_is_paid_while_the_broker_is_away_is_told_later() {
    let address = testkit::server_address(&testkit::amqp_url());
    let proxy = ChaosProxy::start(address).await;
    let through = format!("amqp://guest:guest@{}", proxy.address());
    let world = Trading::open(|config| config.mq.url = through.into()).await;
    let (order, payment) = world.pending().await;
    proxy.cut();
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    world.comes_to(&payment, State::Paid).await;
    assert!(world.heard.paid(&order).is_empty());
    proxy.heal();
    until(|| world.heard.paid(&order).len() == 1).await;
    world.close_down().await;
}

#[tokio::test]
async fn nothing_is_acknowledged_and_nothing_lost_while_mysql_is_away() {
    let address = testkit::server_address(&testkit::mysql_url());
    let proxy = ChaosProxy::start(address).await;
    let through = format!("mysql://root@{}", proxy.address());
    let world = Trading::open(|config| {
        config.db.url = through.into();
        config.db.acquire_timeout_ms = 300;
    })
    .await;
    let (order, payment) = world.pending().await;
    let no = payment.payment_no.as_str();
    proxy.cut();
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    let refused = || world.company.count(no, "notification.refused");
    eventually(LIMIT, || async { refused().await > 0 }).await;
    assert_eq!(world.company.count(no, "notification.accepted").await, 0);
    proxy.heal();
    until(|| world.heard.paid(&order).len() == 1).await;

    // A message waits; it does not die.
    proxy.cut();
    world.say_refund_due(&order, no).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    proxy.heal();
    eventually(LIMIT, || async {
        world.clock.advance_ms(1_000);
        !world.heard.refunded(&order).is_empty()
    })
    .await;
    assert_eq!(world.dead::<proto::payment::RefundDue>().await, 0);
    assert_eq!(world.company.count(no, "refund.taken_up").await, 1);
    world.close_down().await;
}
