use mq::Outgoing;
use proto::payment::{PaymentView, State, refund_view};
use serde_json::json;
use testkit::eventually;

use crate::{
    support::{LIMIT, alarms, refund_due, until},
    trading::Trading,
};

async fn taken_up(world: &Trading, payment: &PaymentView) -> usize {
    world
        .company
        .count(&payment.payment_no, "refund.taken_up")
        .await
}

/// Moves the clock until the payment is back.
async fn comes_back(world: &Trading, payment: &PaymentView) {
    eventually(LIMIT, || async {
        world.clock.advance_ms(2_000);
        world.get(7, &payment.payment_no).await.unwrap().state() == State::Refunded
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_is_due_five_times_is_made_once() {
    let world = Trading::open(|_| {}).await;
    let replica = world.replica().await;
    let (order, payment) = world.paid().await;
    let message = Outgoing::of(&refund_due(&order, &payment.payment_no));
    for _ in 0..3 {
        world.send(message.clone()).await;
    }
    for _ in 0..2 {
        world.say_refund_due(&order, &payment.payment_no).await;
    }
    let view = world.comes_to(&payment, State::Refunded).await;
    let refund = view.refund.unwrap();
    assert_eq!(
        (refund.state(), refund.amount_fen),
        (refund_view::State::Succeeded, 990)
    );
    until(|| !world.heard.refunded(&order).is_empty()).await;
    assert!(
        world
            .heard
            .refunded(&order)
            .iter()
            .all(|told| told.refund_no == refund.refund_no)
    );
    assert_eq!(taken_up(&world, &payment).await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM refunds").await, 1);
    let accepted = || {
        world
            .company
            .count(&payment.payment_no, "notification.accepted")
    };
    eventually(LIMIT, || async { accepted().await == 2 }).await;
    drop(replica);
    world.close_down().await;
}

#[tokio::test]
async fn a_lost_answer_never_makes_a_second_refund() {
    let world = Trading::open(|config| config.wechat.tries_max = 2).await;
    for fault in [
        "reset_after_commit",
        "system_error_after_commit",
        "bad_sig",
        "signtest",
    ] {
        let (order, payment) = world.paid().await;
        let no = payment.payment_no.as_str();
        world.company.fault("refund", no, fault, 2).await;
        world.say_refund_due(&order, no).await;
        comes_back(&world, &payment).await;
        until(|| world.heard.refunded(&order).len() == 1).await;
        assert_eq!(taken_up(&world, &payment).await, 1, "{fault}");
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM refunds").await, 4);
    world.close_down().await;
}

#[tokio::test]
async fn a_refund_that_did_not_arrive_is_sent_again_under_its_number() {
    let world = Trading::open(|config| config.wechat.tries_max = 1).await;
    for fault in ["system_error", "frequency_limited"] {
        let (order, payment) = world.paid().await;
        let no = payment.payment_no.as_str();
        world.company.fault("refund", no, fault, 3).await;
        world.say_refund_due(&order, no).await;
        let view = world.comes_to(&payment, State::Refunding).await;
        let number = view.refund.unwrap().refund_no;
        comes_back(&world, &payment).await;
        until(|| world.heard.refunded(&order).len() == 1).await;
        assert_eq!(world.heard.refunded(&order)[0].refund_no, number);
        assert_eq!(taken_up(&world, &payment).await, 1);
    }
    world.close_down().await;
}

#[tokio::test]
async fn its_notification_counts_once_or_is_made_up_for() {
    let world = Trading::open(|_| {}).await;
    for (fault, args) in [
        ("duplicate", json!({"n": 4})),
        ("duplicate_parallel", json!({"n": 4})),
        ("drop", json!({})),
    ] {
        let (order, payment) = world.paid().await;
        let no = payment.payment_no.as_str();
        let accepted = || world.company.count(no, "notification.accepted");
        eventually(LIMIT, || async { accepted().await == 1 }).await;
        world.company.fault_with("notify", no, fault, 1, args).await;
        world.say_refund_due(&order, no).await;
        if fault == "drop" {
            comes_back(&world, &payment).await;
        } else {
            world.comes_to(&payment, State::Refunded).await;
            eventually(LIMIT, || async { accepted().await == 5 }).await;
        }
        until(|| world.heard.refunded(&order).len() == 1).await;
    }
    assert_eq!(world.told().await, 6);
    world.close_down().await;
}

#[tokio::test]
async fn a_refund_that_the_company_gives_up_needs_a_person() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.paid().await;
    let no = payment.payment_no.as_str();
    let before = alarms("refund_abnormal");
    // The first strike is the call itself, which knows no such fault.
    world.company.fault("refund", no, "abnormal", 1).await;
    world.say_refund_due(&order, no).await;
    eventually(LIMIT, || async {
        let refund = world.get(7, no).await.unwrap().refund;
        refund.is_some_and(|refund| refund.state() == refund_view::State::Abnormal)
    })
    .await;
    assert!(alarms("refund_abnormal") > before);
    assert_eq!(world.get(7, no).await.unwrap().state(), State::Refunding);
    assert!(world.heard.refunded(&order).is_empty());

    // The person settles it at the company, which says so.
    let refund_no = world.get(7, no).await.unwrap().refund.unwrap().refund_no;
    let settled = json!({
        "mchid": world.company.contract.mchid, "out_trade_no": no, "out_refund_no": refund_no,
        "refund_id": "50001", "refund_status": "SUCCESS",
        "success_time": "2026-11-21T10:00:00+08:00", "amount": {"total": 990, "refund": 990},
    });
    let mut less = settled.clone();
    less["amount"]["refund"] = json!(1);
    let (foreign, unknown) = (json!("1"), json!("REF20260101000000000001"));
    let mut elsewhere = settled.clone();
    elsewhere["mchid"] = foreign;
    let mut nowhere = settled.clone();
    nowhere["out_refund_no"] = unknown;
    for (id, odd) in [("n1", less), ("n2", elsewhere), ("n3", nowhere)] {
        let odd = world.company.event(id, "REFUND.SUCCESS", &odd);
        world.hook.forward(odd).await.unwrap();
        assert_eq!(world.get(7, no).await.unwrap().state(), State::Refunding);
    }
    let settled = world.company.event("n4", "REFUND.SUCCESS", &settled);
    world.hook.forward(settled).await.unwrap();
    world.comes_to(&payment, State::Refunded).await;
    until(|| world.heard.refunded(&order).len() == 1).await;
    world.close_down().await;
}

#[tokio::test]
async fn its_owner_sees_it() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.paid().await;
    world.say_refund_due(&order, &payment.payment_no).await;
    let view = world.comes_to(&payment, State::Refunded).await;
    let refund = view.refund.unwrap();
    assert_eq!(
        world.get_refund(7, &refund.refund_no).await.unwrap(),
        refund
    );
    for (user, no) in [
        (8, refund.refund_no.as_str()),
        (7, "REF20260101000000000001"),
        (7, "x"),
    ] {
        let refused = world.get_refund(user, no).await.unwrap_err();
        assert_eq!(
            crate::support::reason(&refused),
            fault::Reason::PaymentNotFound
        );
    }
    world.close_down().await;
}
