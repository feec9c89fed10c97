use fail::FailScenario;
use proto::payment::State;
use testkit::eventually;

use crate::{
    Death,
    support::{LIMIT, until},
    trading::Trading,
};

const CLOSING: &str = "SELECT COUNT(*) FROM payments WHERE state = 'closing'";

#[tokio::test]
async fn an_order_whose_closing_died_is_closed_and_told_once() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    let mut rounds = 0;
    for point in [
        "subject_closing.before_commit",
        "subject_closing.after_commit",
        "close.before_provider",
        "close.after_provider",
        "closed.before_outbox",
        "record.before_commit",
        "record.after_commit",
    ] {
        let (order, payment) = world.pending().await;
        let death = Death::at(point);
        world.say_closing(&order).await;
        if !point.ends_with("after_commit") && !point.starts_with("subject_closing") {
            let tried = "SELECT COUNT(*) FROM payments WHERE state = 'closing' AND checks > 0";
            eventually(LIMIT, || async { world.count(tried).await == 1 }).await;
            assert!(world.heard.closed(&order).is_empty(), "{point}");
        }
        drop(death);
        eventually(LIMIT, || async {
            world.clock.advance_ms(1_000);
            !world.heard.closed(&order).is_empty()
        })
        .await;
        assert!(!world.company.scan_and_pay(&payment.code_url).await);
        rounds += 1;
        assert_eq!(world.told().await, rounds, "{point}");
    }
    assert_eq!(world.count(CLOSING).await, 0);
    world.close_down().await;
}

#[tokio::test]
async fn a_close_of_the_owner_that_died_goes_on() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for point in [
        "close.after_mark",
        "close.before_provider",
        "close.after_provider",
    ] {
        let (order, payment) = world.pending().await;
        let death = Death::at(point);
        world.close(7, &payment.payment_no).await.unwrap_err();
        drop(death);
        eventually(LIMIT, || async {
            world.clock.advance_ms(1_000);
            world.of_order(&order).await.state() == State::Closed
        })
        .await;
        assert!(!world.company.scan_and_pay(&payment.code_url).await);
    }
    assert_eq!(world.told().await, 0);
    world.close_down().await;
}

#[tokio::test]
async fn a_payer_who_was_faster_than_a_close_that_died_has_paid() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for loses in [false, true] {
        let (order, payment) = world.pending().await;
        let death = Death::at("close.before_provider");
        world.say_closing(&order).await;
        eventually(LIMIT, || async { world.count(CLOSING).await == 1 }).await;
        if loses {
            world.company.fault("notify", "", "drop", 1).await;
        }
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        drop(death);
        world.clock.advance_ms(60_000);
        until(|| world.heard.paid(&order).len() == 1).await;
        assert!(world.heard.closed(&order).is_empty());
    }
    assert_eq!(world.told().await, 2);
    world.close_down().await;
}
