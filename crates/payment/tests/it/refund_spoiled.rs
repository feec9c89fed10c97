//! What goes wrong while money goes back.

use proto::{
    order::OrderView,
    payment::{PaymentView, State, refund_view},
};
use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    support::{LIMIT, alarms, calls, until},
    trading::Trading,
};

async fn count(world: &Trading, payment: &PaymentView, kind: &str) -> usize {
    world.company.count(&payment.payment_no, kind).await
}

/// Paid and told, and the company knows that we know: the next notification is the refund's.
async fn settled(world: &Trading) -> (OrderView, PaymentView) {
    let (order, payment) = world.paid().await;
    eventually(LIMIT, || async {
        count(world, &payment, "notification.accepted").await == 1
    })
    .await;
    (order, payment)
}

/// The clock stands until here: only now is the company asked.
async fn comes_back_by_asking(world: &Trading, order: &OrderView, payment: &PaymentView) {
    eventually(LIMIT, || async {
        world.clock.advance_ms(2_000);
        let view = world.get(7, &payment.payment_no).await.unwrap();
        view.state() == State::Refunded
    })
    .await;
    until(|| world.heard.refunded(order).len() == 1).await;
    assert_eq!(count(world, payment, "refund.taken_up").await, 1);
}

#[tokio::test]
async fn a_notification_that_is_refused_settles_nothing() {
    let world = Trading::open(|_| {}).await;
    for fault in ["bad_sig", "signtest", "wrong_api_v3_key"] {
        let (order, payment) = settled(&world).await;
        let no = payment.payment_no.as_str();
        world.company.fault("notify", no, fault, 1_000).await;
        world.say_refund_due(&order, no).await;
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.refused").await >= 2
        })
        .await;
        let view = world.get(7, no).await.unwrap();
        assert_eq!(view.state(), State::Refunding, "{fault}");
        assert!(world.heard.refunded(&order).is_empty(), "{fault}");
        comes_back_by_asking(&world, &order, &payment).await;
    }
    assert_eq!(world.told().await, 6);
    world.close_down().await;
}

#[tokio::test]
async fn one_that_says_something_else_settles_nothing() {
    let world = Trading::open(|_| {}).await;
    for (fault, alarm) in [
        ("wrong_amount", "refund_amount"),
        ("wrong_mchid", "foreign_merchant"),
    ] {
        let (order, payment) = settled(&world).await;
        let no = payment.payment_no.as_str();
        let before = alarms(alarm);
        world.company.fault("notify", no, fault, 1).await;
        world.say_refund_due(&order, no).await;
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.accepted").await == 2
        })
        .await;
        assert!(alarms(alarm) > before, "{fault}");
        let view = world.get(7, no).await.unwrap();
        assert_eq!(view.state(), State::Refunding, "{fault}");
        assert!(world.heard.refunded(&order).is_empty(), "{fault}");
        comes_back_by_asking(&world, &order, &payment).await;
    }
    let kept = "SELECT COUNT(*) FROM notifications
                WHERE outcome IN ('refund_amount', 'foreign_merchant')";
    assert_eq!((world.count(kept).await, world.told().await), (2, 4));
    world.close_down().await;
}

#[tokio::test]
async fn a_notification_may_overtake_the_answer() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = settled(&world).await;
    let no = payment.payment_no.as_str();
    let (late, answered) = (json!({"ms": 1_500}), calls("refund", "ok"));
    world
        .company
        .fault_with("refund", no, "delay", 1, late)
        .await;
    world.say_refund_due(&order, no).await;
    until(|| world.heard.refunded(&order).len() == 1).await;
    // The answer, which says "processing", comes later.
    eventually(LIMIT, || async { calls("refund", "ok") > answered }).await;
    for _ in 0..5 {
        world.clock.advance_ms(60_000);
        let view = world.get(7, no).await.unwrap();
        assert_eq!(view.state(), State::Refunded);
    }
    assert_eq!(count(&world, &payment, "refund.taken_up").await, 1);
    assert_eq!(
        (world.heard.refunded(&order).len(), world.told().await),
        (1, 2)
    );
    world.close_down().await;
}

#[tokio::test]
async fn one_that_is_never_settled_is_asked_about_and_never_sent_again() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = settled(&world).await;
    let no = payment.payment_no.as_str();
    let forever = "processing_forever";
    world.company.fault("refund", no, forever, 1).await;
    world.say_refund_due(&order, no).await;
    let asked = "SELECT COUNT(*) FROM refunds WHERE tries >= 5";
    eventually(LIMIT, || async {
        world.clock.advance_ms(30_000);
        world.count(asked).await == 1
    })
    .await;
    let view = world.get(7, no).await.unwrap();
    let refund = view.refund.clone().unwrap();
    assert_eq!(
        (view.state(), refund.state()),
        (State::Refunding, refund_view::State::Processing)
    );
    assert_eq!(count(&world, &payment, "refund.taken_up").await, 1);
    assert!(world.heard.refunded(&order).is_empty());

    // Days later the bank has it.
    world.clock.advance_ms(3 * 24 * 3_600_000);
    let settled: Value = json!({
        "mchid": world.company.contract.mchid, "out_trade_no": no,
        "out_refund_no": refund.refund_no, "refund_id": "50001", "refund_status": "SUCCESS",
        "success_time": "2026-11-24T10:00:00+08:00", "amount": {"total": 990, "refund": 990},
    });
    let notice = world.company.event("n1", "REFUND.SUCCESS", &settled);
    world.hook.forward(notice).await.unwrap();
    world.comes_to(&payment, State::Refunded).await;
    until(|| world.heard.refunded(&order).len() == 1).await;
    assert_eq!(count(&world, &payment, "refund.taken_up").await, 1);
    world.close_down().await;
}
