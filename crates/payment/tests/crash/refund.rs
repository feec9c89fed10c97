use fail::FailScenario;
use proto::payment::{State, refund_view};
use testkit::eventually;

use crate::{
    Death,
    support::{LIMIT, until},
    trading::Trading,
};

#[tokio::test]
async fn a_refund_that_died_anywhere_is_made_once_and_told_once() {
    let _one = FailScenario::setup();
    let world = Trading::open(|_| {}).await;
    for point in [
        "refund_due.before_commit",
        "refund_due.after_commit",
        "refund.before_provider",
        "refund.after_provider",
        "record_refund.before_commit",
        "record_refund.after_commit",
        "refunded.before_outbox",
    ] {
        let (order, payment) = world.paid().await;
        let no = payment.payment_no.as_str();
        // Only asking tells how it went.
        world.company.fault("notify", no, "drop", 9).await;
        let death = Death::at(point);
        world.say_refund_due(&order, no).await;
        let dead = || async {
            world.clock.advance_ms(1_000);
            let view = world.get(7, no).await.unwrap();
            let refund = view.refund.map(|refund| refund.state());
            match point {
                "refund_due.before_commit" => view.state == i32::from(State::Paid),
                "refund_due.after_commit" | "record_refund.after_commit" => refund.is_some(),
                "refunded.before_outbox" => refund == Some(refund_view::State::Processing),
                _ => refund == Some(refund_view::State::Due),
            }
        };
        eventually(LIMIT, dead).await;
        assert!(world.heard.refunded(&order).is_empty() || point.ends_with("after_commit"));
        drop(death);
        eventually(LIMIT, || async {
            world.clock.advance_ms(2_000);
            world.get(7, no).await.unwrap().state() == State::Refunded
        })
        .await;
        until(|| world.heard.refunded(&order).len() == 1).await;
        assert_eq!(
            world.company.count(no, "refund.taken_up").await,
            1,
            "{point}"
        );
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM refunds").await, 7);
    assert_eq!(world.told().await, 14);
    world.close_down().await;
}
