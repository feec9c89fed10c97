use fail::FailScenario;
use fault::Reason;
use proto::payment::State;
use testkit::eventually;

use crate::{
    Death,
    support::{LIMIT, reason, until},
    trading::Trading,
};

const KEPT: &str = "SELECT COUNT(*) FROM notifications";

#[tokio::test]
async fn a_notification_that_died_comes_again_and_counts_once() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    let mut rounds = 0;
    for (point, committed) in [
        ("notify.after_verify", false),
        ("paid.before_outbox", false),
        ("notify.before_commit", false),
        ("notify.after_commit", true),
    ] {
        let (order, payment) = world.pending().await;
        let death = Death::at(point);
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        let refused = || {
            world
                .company
                .count(&payment.payment_no, "notification.refused")
        };
        eventually(LIMIT, || async { refused().await > 0 }).await;
        assert_eq!(
            world.count(KEPT).await,
            rounds + i64::from(committed),
            "{point}"
        );
        let state = if committed {
            State::Paid
        } else {
            State::Pending
        };
        assert_eq!(world.of_order(&order).await.state(), state, "{point}");
        drop(death);
        let accepted = || {
            world
                .company
                .count(&payment.payment_no, "notification.accepted")
        };
        eventually(LIMIT, || async { accepted().await == 1 }).await;
        until(|| world.heard.paid(&order).len() == 1).await;
        rounds += 1;
        assert_eq!(
            (world.count(KEPT).await, world.told().await),
            (rounds, rounds),
            "{point}"
        );
    }
    world.close_down().await;
}

#[tokio::test]
async fn a_check_that_died_is_made_again() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    let mut rounds = 0;
    for (point, committed) in [
        ("paid.before_outbox", false),
        ("record.before_commit", false),
        ("record.after_commit", true),
    ] {
        world.company.fault("notify", "", "drop", 1).await;
        let (order, payment) = world.pending().await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        let death = Death::at(point);
        let died = world.synced(&order).await.unwrap_err();
        assert_eq!(reason(&died), Reason::Internal);
        // The job dies there too.
        world.clock.advance_ms(5_000);
        if !committed {
            let tried = "SELECT COUNT(*) FROM payments WHERE state = 'pending' AND checks > 0";
            eventually(LIMIT, || async { world.count(tried).await == 1 }).await;
        }
        let state = if committed {
            State::Paid
        } else {
            State::Pending
        };
        assert_eq!(world.of_order(&order).await.state(), state, "{point}");
        drop(death);
        // The check that died may only now be put off, and counts from then.
        eventually(LIMIT, || async {
            world.clock.advance_ms(5_000);
            world.heard.paid(&order).len() == 1
        })
        .await;
        rounds += 1;
        assert_eq!(world.told().await, rounds, "{point}");
    }
    world.close_down().await;
}

#[tokio::test]
async fn a_mock_payment_is_there_with_its_message_or_not_at_all() {
    let _one = FailScenario::setup();
    let world = Trading::open(|config| config.pay.mock = true).await;
    let order = world.order_of(7, 990);
    let death = Death::at("pay_at_once.before_outbox");
    world.mock_pay(&order).await.unwrap_err();
    drop(death);
    assert_eq!(world.count("SELECT COUNT(*) FROM payments").await, 0);

    let death = Death::at("pay_at_once.after_commit");
    world.mock_pay(&order).await.unwrap_err();
    drop(death);
    until(|| world.heard.paid(&order).len() == 1).await;
    assert_eq!(
        reason(&world.mock_pay(&order).await.unwrap_err()),
        Reason::OrderPaid
    );
    assert_eq!(world.told().await, 1);
    world.close_down().await;
}
