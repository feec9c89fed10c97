use fault::Reason;
use proto::payment::State;
use testkit::eventually;

use crate::{
    support::{LIMIT, reason, until},
    trading::Trading,
};

#[tokio::test]
async fn its_owner_closes_it_and_may_open_another() {
    let world = Trading::open(|_| {}).await;
    let (order, first) = world.pending().await;
    let foreign = world.close(8, &first.payment_no).await.unwrap_err();
    assert_eq!(reason(&foreign), Reason::PaymentNotFound);
    for _ in 0..2 {
        let closed = world.close(7, &first.payment_no).await.unwrap();
        assert_eq!(closed.state(), State::Closed);
    }
    assert!(!world.company.scan_and_pay(&first.code_url).await);
    let second = world.create(&order).await.unwrap();
    assert_ne!(second.payment_no, first.payment_no);
    assert!(world.company.scan_and_pay(&second.code_url).await);
    until(|| world.heard.paid(&order).len() == 1).await;
    // The order is not closed: it is told nothing of the first.
    assert_eq!(world.told().await, 1);
    assert_eq!(world.of_order(&order).await.payment_no, second.payment_no);
    world.close_down().await;
}

#[tokio::test]
async fn what_is_paid_is_not_closed() {
    let world = Trading::open(|_| {}).await;
    world.company.fault("notify", "", "drop", 1).await;
    let (order, payment) = world.pending().await;
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    let refused = world.close(7, &payment.payment_no).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PaymentCloseFailed);
    until(|| world.heard.paid(&order).len() == 1).await;
    assert_eq!(
        world
            .company
            .count(&payment.payment_no, "order.closed")
            .await,
        0
    );
    world.close_down().await;
}

#[tokio::test]
async fn closing_and_paying_at_once_end_with_one_of_them() {
    let world = Trading::open(|_| {}).await;
    let (mut paid, mut closed) = (0, 0);
    for round in 0..12 {
        if round % 3 == 0 {
            world.company.fault("notify", "", "drop", 1).await;
        }
        let (order, payment) = world.pending().await;
        let (scanned, answer) = tokio::join!(
            world.company.scan_and_pay(&payment.code_url),
            world.close(7, &payment.payment_no)
        );
        match answer {
            Ok(view) => {
                assert_eq!((view.state(), scanned), (State::Closed, false));
                closed += 1;
            }
            Err(refused) => {
                assert_eq!(reason(&refused), Reason::PaymentCloseFailed);
                assert!(scanned);
                until(|| world.heard.paid(&order).len() == 1).await;
                paid += 1;
            }
        }
    }
    assert_eq!(paid + closed, 12);
    assert_eq!(world.told().await, paid);
    world.close_down().await;
}

#[tokio::test]
async fn a_close_whose_outcome_is_not_known_goes_on() {
    let world = Trading::open(|config| config.wechat.tries_max = 1).await;
    for (route, fault) in [
        ("query", "system_error"),
        ("query", "bad_sig"),
        ("close", "reset_after_commit"),
        ("close", "system_error"),
    ] {
        let (order, payment) = world.pending().await;
        // The caller and the job that is due at once.
        world
            .company
            .fault(route, &payment.payment_no, fault, 2)
            .await;
        let view = world.close(7, &payment.payment_no).await.unwrap();
        assert!(
            matches!(view.state(), State::Closing | State::Closed),
            "{fault}"
        );
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
async fn a_closed_order_closes_its_payment() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.pending().await;
    world.say_closing(&order).await;
    until(|| world.heard.closed(&order).len() == 1).await;
    assert_eq!(world.heard.closed(&order)[0].payment_no, payment.payment_no);
    assert!(!world.company.scan_and_pay(&payment.code_url).await);
    let refused = world.create(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PaymentClosed);
    assert!(world.heard.paid(&order).is_empty());
    world.close_down().await;
}

#[tokio::test]
async fn an_order_closed_before_the_first_create_stays_closed() {
    let world = Trading::open(|_| {}).await;
    let order = world.order_of(7, 990);
    world.say_closing(&order).await;
    until(|| world.heard.closed(&order).len() == 1).await;
    // Order had allowed this one before.
    let refused = world.create(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PaymentClosed);
    assert_eq!(world.company.count("", "order.opened").await, 0);
    world.close_down().await;
}

#[tokio::test]
async fn a_closed_order_that_was_paid_is_told_so() {
    let world = Trading::open(|_| {}).await;
    world.company.fault("notify", "", "drop", 1).await;
    let (order, payment) = world.pending().await;
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    world.say_closing(&order).await;
    until(|| world.heard.paid(&order).len() == 1).await;
    assert_eq!(world.told().await, 1);
    assert_eq!(world.of_order(&order).await.state(), State::Paid);
    world.close_down().await;
}

#[tokio::test]
async fn creating_and_closing_at_once_leave_nothing_payable() {
    let world = Trading::open(|_| {}).await;
    for _ in 0..8 {
        let order = world.order_of(7, 990);
        let (created, ()) = tokio::join!(world.create(&order), world.say_closing(&order));
        eventually(LIMIT, || async {
            world.clock.advance_ms(100);
            !world.heard.closed(&order).is_empty()
        })
        .await;
        if let Ok(payment) = created {
            assert!(!world.company.scan_and_pay(&payment.code_url).await);
        }
        let refused = world.create(&order).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::PaymentClosed);
        assert!(world.heard.paid(&order).is_empty());
    }
    world.close_down().await;
}

#[tokio::test]
async fn money_in_spite_of_a_close_goes_back_once() {
    let world = Trading::open(|_| {}).await;
    // With its notification, and found by the last looks after a close.
    for lost in [false, true] {
        let (order, payment) = world.pending().await;
        let no = &payment.payment_no;
        world.say_closing(&order).await;
        until(|| world.heard.closed(&order).len() == 1).await;
        if lost {
            world.company.fault("notify", no, "drop", 1).await;
        }
        world.company.pay(no, true).await.unwrap();
        if lost {
            world.clock.advance_ms(61_000);
        }
        until(|| world.heard.paid(&order).len() == 1).await;
        // What order does then, and its message comes again and again.
        for _ in 0..3 {
            world.say_refund_due(&order, no).await;
        }
        world.comes_to(&payment, State::Refunded).await;
        until(|| !world.heard.refunded(&order).is_empty()).await;
        assert_eq!(world.company.count(no, "refund.taken_up").await, 1);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM refunds").await, 2);
    world.close_down().await;
}
