use fail::FailScenario;
use fault::Reason;
use proto::payment::State;
use testkit::eventually;

use crate::{
    Death,
    support::{LIMIT, reason, until},
    trading::Trading,
};

/// The right to ask the company, after its holder died.
const OPENING_MS: i64 = 30_000;

#[tokio::test]
async fn a_create_that_died_is_finished_under_its_number() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for (point, openings) in [
        ("create.before_provider", 1),
        ("create.after_provider", 2),
        ("create.after_save", 1),
    ] {
        let order = world.order_of(7, 990);
        let death = Death::at(point);
        let died = world.create(&order).await.unwrap_err();
        assert_eq!(reason(&died), Reason::Internal, "{point}");
        drop(death);
        let found = world.of_order(&order).await;
        let known = point == "create.after_save";
        let state = if known {
            State::Pending
        } else {
            State::Opening
        };
        assert_eq!(found.state(), state, "{point}");

        world.clock.advance_ms(OPENING_MS);
        let payment = world.create(&order).await.unwrap();
        assert_eq!(payment.payment_no, found.payment_no);
        let opened = world
            .company
            .count(&payment.payment_no, "order.opened")
            .await;
        assert_eq!(opened, openings, "{point}");
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        until(|| world.heard.paid(&order).len() == 1).await;
    }
    assert_eq!(world.told().await, 3);
    world.close_down().await;
}

#[tokio::test]
async fn the_payer_of_a_create_that_died_is_found() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for (point, loses) in [
        ("create.after_provider", false),
        ("create.after_provider", true),
    ] {
        let order = world.order_of(7, 990);
        let death = Death::at(point);
        world.create(&order).await.unwrap_err();
        drop(death);
        if loses {
            world.company.fault("notify", "", "drop", 1).await;
        }
        let payment = world.of_order(&order).await;
        world.company.pay(&payment.payment_no, false).await.unwrap();
        world.clock.advance_ms(OPENING_MS);
        until(|| world.heard.paid(&order).len() == 1).await;
        assert_eq!(
            reason(&world.create(&order).await.unwrap_err()),
            Reason::OrderPaid
        );
    }
    assert_eq!(world.told().await, 2);
    world.close_down().await;
}

#[tokio::test]
async fn an_order_closes_over_a_create_that_died() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for point in [
        "create.before_provider",
        "create.after_provider",
        "create.after_save",
    ] {
        let order = world.order_of(7, 990);
        let death = Death::at(point);
        world.create(&order).await.unwrap_err();
        drop(death);
        world.say_closing(&order).await;
        // The dead one may still be asking: its number is closed only afterwards.
        eventually(LIMIT, || async {
            world.clock.advance_ms(1_000);
            !world.heard.closed(&order).is_empty()
        })
        .await;
        let payment = world.of_order(&order).await;
        assert_eq!(payment.state(), State::Closed);
        assert_eq!(
            world.company.pay(&payment.payment_no, false).await,
            None,
            "{point}"
        );
    }
    assert_eq!(world.told().await, 3);
    world.close_down().await;
}
