use fault::Reason;
use futures_util::future::join_all;
use proto::{
    order::OrderView,
    payment::{CreateRequest, PaymentView, Purpose, State, payment_client::PaymentClient},
};
use serde_json::json;
use testkit::eventually;

use crate::{
    support::{LIMIT, calls, principal, reason, until},
    trading::Trading,
};

const HOUR_MS: i64 = 3_600_000;

/// One that nobody closes for three hours.
fn patient_order(world: &Trading) -> OrderView {
    let order = OrderView {
        expires_at_ms: world.order_of(7, 990).expires_at_ms + 3 * HOUR_MS,
        ..world.order_of(7, 990)
    };
    world.order.put(order.clone());
    order
}

async fn opened(world: &Trading, payment: &PaymentView) -> usize {
    world
        .company
        .count(&payment.payment_no, "order.opened")
        .await
}

#[tokio::test]
async fn it_opens_one_payment_and_hands_it_out_again() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.pending().await;
    assert!(payment.code_url.starts_with("weixin://"));
    assert_eq!(
        (payment.amount_fen, payment.subject.as_str()),
        (990, order.order_no.as_str())
    );
    assert_eq!(world.create(&order).await.unwrap(), payment);
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), payment);
    assert_eq!(opened(&world, &payment).await, 1);
    world.close_down().await;
}

#[tokio::test]
async fn many_at_once_at_two_replicas_share_one_code() {
    let world = Trading::open(|_| {}).await;
    let replica = world.replica().await;
    let peer = rpc::PeerConfig {
        url: format!("http://{}", replica.grpc.unwrap()),
        timeout_ms: 20_000,
    };
    let other = PaymentClient::new(rpc::peer(&peer, &world.config.fleet));
    // The company takes its time, so that all of them wait for one.
    world
        .company
        .fault_with("create", "", "delay", 1, json!({"ms": 300}))
        .await;
    let order = world.order_of(7, 990);
    let message = CreateRequest {
        purpose: Purpose::Order.into(),
        subject: order.order_no.clone(),
        channel: proto::payment::Channel::WechatNative.into(),
    };
    let there = (0..5).map(|_| {
        let (mut client, message) = (other.clone(), message.clone());
        async move { client.create(auth::request(&principal(7), message)).await }
    });
    let here = (0..5).map(|_| world.create(&order));
    let (here, there) = tokio::join!(join_all(here), join_all(there));
    let there = there.into_iter().map(|answer| answer.unwrap().into_inner());
    let mut views: Vec<_> = here.into_iter().map(Result::unwrap).chain(there).collect();
    assert_eq!(views.len(), 10);
    views.dedup();
    assert_eq!(views.len(), 1);
    assert_eq!(opened(&world, &views[0]).await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM payments").await, 1);
    assert!(world.company.scan_and_pay(&views[0].code_url).await);
    world.close_down().await;
}

#[tokio::test]
async fn an_old_code_is_renewed_under_its_number() {
    let world = Trading::open(|_| {}).await;
    let order = patient_order(&world);
    let first = world.create(&order).await.unwrap();
    world.clock.advance_ms(109 * 60_000);
    assert_eq!(world.create(&order).await.unwrap().code_url, first.code_url);
    world.clock.advance_ms(60_000);
    let renewals = join_all((0..4).map(|_| world.create(&order))).await;
    let second = renewals[0].as_ref().unwrap();
    assert!(renewals.iter().all(|view| view.as_ref().unwrap() == second));
    assert_eq!(second.payment_no, first.payment_no);
    assert_ne!(second.code_url, first.code_url);
    assert_eq!(opened(&world, &first).await, 2);
    assert!(!world.company.scan_and_pay(&first.code_url).await);
    assert!(world.company.scan_and_pay(&second.code_url).await);
    world.close_down().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_or_not_the_companys_is_asked_for_again() {
    let world = Trading::open(|_| {}).await;
    let faults = [
        ("reset_after_commit", 2),
        ("system_error_after_commit", 2),
        ("system_error", 1),
        ("frequency_limited", 1),
        ("bad_sig", 2),
        ("signtest", 2),
    ];
    let (unknown, good) = (calls("open", "unknown"), calls("open", "ok"));
    for (fault, openings) in faults {
        world.company.fault("create", "", fault, 1).await;
        let (_, payment) = world.pending().await;
        assert_eq!(opened(&world, &payment).await, openings, "{fault}");
        assert!(
            world.company.scan_and_pay(&payment.code_url).await,
            "{fault}"
        );
    }
    assert!(calls("open", "unknown") >= unknown + 6 && calls("open", "ok") >= good + 6);
    world.close_down().await;
}

#[tokio::test]
async fn an_answer_that_stays_lost_is_never_guessed() {
    let world = Trading::open(|config| config.wechat.tries_max = 2).await;
    for fault in ["reset_after_commit", "bad_sig"] {
        world.company.fault("create", "", fault, 2).await;
        let order = world.order_of(7, 990);
        let refused = world.create(&order).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::PaymentCreateFailed);
        let opening = world.of_order(&order).await;
        assert_eq!(
            (opening.state(), opening.code_url.as_str()),
            (State::Opening, "")
        );

        // The next caller repeats the same, and the number stays.
        let payment = world.create(&order).await.unwrap();
        assert_eq!(payment.payment_no, opening.payment_no);
        assert_eq!(opened(&world, &payment).await, 3);
        assert!(world.company.scan_and_pay(&payment.code_url).await);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM payments").await, 2);
    world.close_down().await;
}

#[tokio::test]
async fn paid_under_a_lost_answer_is_found_by_asking() {
    let world = Trading::open(|config| config.wechat.tries_max = 1).await;
    world
        .company
        .fault("create", "", "reset_after_commit", 1)
        .await;
    world.company.fault("notify", "", "drop", 1).await;
    let order = world.order_of(7, 990);
    world.create(&order).await.unwrap_err();
    let payment = world.of_order(&order).await;
    world.company.pay(&payment.payment_no, false).await.unwrap();
    let refused = world.create(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::OrderPaid);
    until(|| world.heard.paid(&order).len() == 1).await;
    assert_eq!(world.of_order(&order).await.state(), State::Paid);
    world.close_down().await;
}

#[tokio::test]
async fn a_notification_may_overtake_the_answer() {
    let world = Trading::open(|_| {}).await;
    world
        .company
        .fault_with("create", "", "delay", 1, json!({"ms": 1_000}))
        .await;
    let order = world.order_of(7, 990);
    let (created, ()) = tokio::join!(world.create(&order), async {
        let number = "SELECT COUNT(*) FROM payments WHERE state = 'opening'";
        eventually(LIMIT, || async { world.count(number).await == 1 }).await;
        let payment = world.of_order(&order).await;
        eventually(LIMIT, || async { opened(&world, &payment).await == 1 }).await;
        world.company.pay(&payment.payment_no, false).await.unwrap();
        until(|| world.heard.paid(&order).len() == 1).await;
    });
    assert_eq!(reason(&created.unwrap_err()), Reason::OrderPaid);
    let payment = world.of_order(&order).await;
    assert_eq!(
        (payment.state(), payment.code_url.as_str()),
        (State::Paid, "")
    );
    world.close_down().await;
}

#[tokio::test]
async fn nothing_is_opened_for_an_order_that_does_not_allow_it() {
    let world = Trading::open(|_| {}).await;
    let order = world.order_of(7, 990);
    for refusal in [Reason::OrderState, Reason::OrderExpired, Reason::OrderPaid] {
        world.order.refuse(&order.order_no, refusal);
        assert_eq!(reason(&world.create(&order).await.unwrap_err()), refusal);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM payments").await, 0);
    world.close_down().await;
}

#[tokio::test]
async fn a_refusal_of_the_company_is_a_refusal() {
    // A number is spent with another app than the contract's: the company refuses the parameters.
    let world = Trading::open(|config| config.wechat.appid = "wx00000000other000".into()).await;
    let before = crate::support::alarms("open_refused");
    let refused = world.create(&world.order_of(7, 990)).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PaymentCreateFailed);
    assert!(crate::support::alarms("open_refused") > before);
    world.close_down().await;
}
