use proto::payment::State;
use testkit::eventually;

use crate::{
    support::{LIMIT, until},
    trading::Trading,
};

#[tokio::test]
async fn a_lost_notification_is_healed_by_asking() {
    let world = Trading::open(|_| {}).await;
    let replica = world.replica().await;
    for _ in 0..5 {
        world.company.fault("notify", "", "drop", 1).await;
        let (order, payment) = world.pending().await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        world.clock.advance_ms(5_000);
        until(|| world.heard.paid(&order).len() == 1).await;
        assert_eq!(world.of_order(&order).await.state(), State::Paid);
    }
    assert_eq!(world.told().await, 5);
    drop(replica);
    world.close_down().await;
}

#[tokio::test]
async fn the_company_is_asked_less_and_less_often() {
    let world = Trading::open(|_| {}).await;
    let (_, payment) = world.pending().await;
    let due = "SELECT CAST(check_at_ms - created_at_ms AS SIGNED) FROM payments";
    assert_eq!(world.count(due).await, 5_000);
    world.clock.advance_ms(5_000);
    eventually(LIMIT, || async { world.count(due).await == 35_000 }).await;
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), payment);
    world.close_down().await;
}

#[tokio::test]
async fn what_the_company_closed_is_closed_and_can_be_opened_again() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.pending().await;
    world.clock.advance_ms(16 * 60_000);
    world.comes_to(&payment, State::Closed).await;
    assert_eq!(world.told().await, 0);
    world.say_closing(&order).await;
    until(|| world.heard.closed(&order).len() == 1).await;
    world.close_down().await;
}

#[tokio::test]
async fn an_outage_of_the_company_puts_it_off() {
    let world = Trading::open(|config| config.wechat.tries_max = 1).await;
    world.company.fault("notify", "", "drop", 1).await;
    let (order, payment) = world.pending().await;
    world
        .company
        .fault("query", &payment.payment_no, "system_error", 2)
        .await;
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    eventually(LIMIT, || async {
        world.clock.advance_ms(5_000);
        world.heard.paid(&order).len() == 1
    })
    .await;
    world.close_down().await;
}

#[tokio::test]
async fn a_closed_payment_is_looked_at_twice_more() {
    let world = Trading::open(|_| {}).await;
    let (_, payment) = world.pending().await;
    world.close(7, &payment.payment_no).await.unwrap();
    let due = "SELECT CAST(check_at_ms - created_at_ms AS SIGNED) FROM payments";
    assert_eq!(world.count(due).await, 60_000);
    world.clock.advance_ms(60_000);
    eventually(LIMIT, || async { world.count(due).await == 1_860_000 }).await;
    world.clock.advance_ms(1_800_000);
    let never = "SELECT COUNT(*) FROM payments WHERE check_at_ms IS NULL AND checks = 2";
    eventually(LIMIT, || async { world.count(never).await == 1 }).await;
    world.close_down().await;
}
