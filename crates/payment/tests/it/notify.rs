use fault::Reason;
use proto::payment::{NotifyRequest, State};
use serde_json::json;
use testkit::eventually;
use wechatpay::{KeyId, Platform, PrivateKey};

use crate::{
    company::sealed,
    support::{LIMIT, alarms, reason, until},
    trading::Trading,
};

const KEPT: &str = "SELECT COUNT(*) FROM notifications";

async fn refused(world: &Trading, notice: NotifyRequest) -> Reason {
    reason(&world.hook.forward(notice).await.unwrap_err())
}

#[tokio::test]
async fn a_payment_is_taken_and_told() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.paid().await;
    let told = &world.heard.paid(&order)[0];
    assert_eq!(
        (told.order_id, told.payment_no.as_str(), told.amount_fen),
        (order.id, payment.payment_no.as_str(), 990)
    );
    let view = world.get(7, &payment.payment_no).await.unwrap();
    assert_eq!((view.state(), view.code_url.as_str()), (State::Paid, ""));
    assert!(view.transaction_id.starts_with("4200"));
    assert_eq!(view.paid_at_ms, told.paid_at_ms);
    let refused = world.create(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::OrderPaid);
    let accepted = || {
        world
            .company
            .count(&payment.payment_no, "notification.accepted")
    };
    eventually(LIMIT, || async { accepted().await == 1 }).await;
    world.close_down().await;
}

#[tokio::test]
async fn a_notification_counts_once_however_often_it_comes() {
    let world = Trading::open(|_| {}).await;
    for fault in ["duplicate", "duplicate_parallel"] {
        let (order, payment) = world.pending().await;
        let (no, args) = (&payment.payment_no, json!({"n": 6}));
        world.company.fault_with("notify", no, fault, 1, args).await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        let accepted = || world.company.count(no, "notification.accepted");
        eventually(LIMIT, || async { accepted().await == 6 }).await;
        let (late, again) = (world.hook.kept()[0].clone(), world.hook.kept()[1].clone());
        let (late, again) = tokio::join!(world.hook.forward(late), world.hook.forward(again));
        assert!(late.is_ok() && again.is_ok());
        until(|| world.heard.paid(&order).len() == 1).await;
        assert_eq!(world.told().await, world.count(KEPT).await);
    }
    assert_eq!(world.count(KEPT).await, 2);
    world.close_down().await;
}

#[tokio::test]
async fn a_late_one_never_undoes_what_came_after() {
    let world = Trading::open(|_| {}).await;
    world.hook.lose(true);
    let (order, payment) = world.pending().await;
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    eventually(LIMIT, || async { !world.hook.kept().is_empty() }).await;
    let late = world.hook.kept()[0].clone();
    assert_eq!(world.synced(&order).await.unwrap().state(), State::Paid);
    world.hook.lose(false);
    world.say_refund_due(&order, &payment.payment_no).await;
    world.comes_to(&payment, State::Refunded).await;
    world.hook.forward(late).await.unwrap();
    let view = world.get(7, &payment.payment_no).await.unwrap();
    assert_eq!(view.state(), State::Refunded);
    assert_eq!(world.heard.paid(&order).len(), 1);
    world.close_down().await;
}

#[tokio::test]
async fn what_the_company_did_not_sign_is_refused_and_leaves_nothing() {
    let world = Trading::open(|_| {}).await;
    let (_, payment) = world.pending().await;
    let company = &world.company;
    let plain = company.transaction(&payment.payment_no, 990);
    let good = company.notice("n1", &plain);
    let with = |name: &str, value: &str| {
        let mut notice = good.clone();
        let header = notice.headers.iter_mut().find(|header| header.name == name);
        value.clone_into(&mut header.unwrap().value);
        notice
    };
    let without = |name: &str| {
        let mut notice = good.clone();
        notice.headers.retain(|header| header.name != name);
        notice
    };
    let signature = &good.headers[2].value;
    let mut tampered = good.clone();
    tampered.body.push(b' ');
    let forgeries = [
        with(
            "wechatpay-signature",
            &signature.chars().rev().collect::<String>(),
        ),
        with(
            "wechatpay-signature",
            &format!("WECHATPAY/SIGNTEST/{signature}"),
        ),
        with("wechatpay-serial", "PUB_KEY_ID_0000000000"),
        with(
            "wechatpay-serial",
            "7777777777777777777777777777777777777777",
        ),
        with("wechatpay-nonce", "another"),
        with("wechatpay-timestamp", "soon"),
        without("wechatpay-signature"),
        without("wechatpay-timestamp"),
        without("wechatpay-nonce"),
        without("wechatpay-serial"),
        tampered,
        company.sign(&good.body, -301),
        company.sign(&good.body, 301),
        NotifyRequest::default(),
    ];
    for forged in forgeries {
        assert_eq!(refused(&world, forged).await, Reason::SignatureWrong);
    }
    assert_eq!(world.count(KEPT).await, 0);
    let view = world.get(7, &payment.payment_no).await.unwrap();
    assert_eq!(view, payment);

    // Within the window it is good.
    world
        .hook
        .forward(company.sign(&good.body, -299))
        .await
        .unwrap();
    world.comes_to(&payment, State::Paid).await;
    world.close_down().await;
}

#[tokio::test]
async fn while_the_merchant_switches_keys_either_of_them_is_believed() {
    const SERIAL: &str = "7132D72A03E93CDDF8C03BBD1F37EEDF";
    let (key, _) = PrivateKey::generate().unwrap();
    let public = key.public_pem().unwrap();
    let before = Platform {
        id: KeyId::from(SERIAL),
        key,
    };
    let world = Trading::open(|config| {
        config.wechat.previous_public_key_id = SERIAL.into();
        config.wechat.previous_public_key = public;
    })
    .await;
    let (_, payment) = world.pending().await;
    let plain = world.company.transaction(&payment.payment_no, 990);
    let body = world.company.notice("n1", &plain).body;
    let mut swapped = world.company.sign_as(&before, &body, 0);
    let id = &world.company.contract.public_key_id;
    for header in &mut swapped.headers {
        if header.name == "wechatpay-serial" {
            header.value.clone_from(id);
        }
    }
    assert_eq!(refused(&world, swapped).await, Reason::SignatureWrong);
    let signed = world.company.sign_as(&before, &body, 0);
    world.hook.forward(signed).await.unwrap();
    world.comes_to(&payment, State::Paid).await;
    world.close_down().await;
}

#[tokio::test]
async fn what_cannot_be_opened_or_read_is_refused_and_leaves_nothing() {
    let world = Trading::open(|_| {}).await;
    let (_, payment) = world.pending().await;
    let company = &world.company;
    let before = alarms("undecryptable");
    let event = "TRANSACTION.SUCCESS";
    let plain = company.transaction(&payment.payment_no, 990);
    let other_key = sealed("n1", event, &"9".repeat(32), &plain);
    let mut bad_nonce: serde_json::Value =
        serde_json::from_slice(&company.notice("n2", &plain).body).unwrap();
    bad_nonce["resource"]["nonce"] = json!("short");
    let bad_nonce = serde_json::to_vec(&bad_nonce).unwrap();
    for closed in [other_key, bad_nonce] {
        let closed = company.sign(&closed, 0);
        assert_eq!(refused(&world, closed).await, Reason::Internal);
    }
    assert_eq!(alarms("undecryptable"), before + 2);
    let mut dreaming = plain.clone();
    dreaming["trade_state"] = json!("DREAMING");
    let mut nameless = plain.clone();
    nameless.as_object_mut().unwrap().remove("transaction_id");
    for odd in [
        company.sign(b"no json", 0),
        company.notice("n3", &json!({"mchid": company.contract.mchid})),
        company.notice("n4", &dreaming),
        company.notice("n5", &nameless),
    ] {
        assert_eq!(refused(&world, odd).await, Reason::PaymentParameter);
    }
    assert_eq!(world.count(KEPT).await, 0);
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), payment);
    world.close_down().await;
}

/// Signed by the company and not ours: it would be repeated for a day, so it is kept for a person
/// and acknowledged, and no payment hears of it.
#[tokio::test]
async fn what_is_signed_and_not_ours_pays_nothing_and_raises_an_alarm() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.pending().await;
    let company = &world.company;
    let (no, other) = (payment.payment_no.as_str(), "PAY20260101000000000001");
    let mut merchant = company.transaction(no, 990);
    merchant["mchid"] = json!("1");
    let mut app = company.transaction(no, 990);
    app["appid"] = json!("wx1");
    let mut dollars = company.transaction(no, 990);
    dollars["amount"]["currency"] = json!("USD");
    let cases = [
        ("foreign_merchant", merchant),
        ("foreign_merchant", app),
        ("unknown_number", company.transaction(other, 990)),
        ("unknown_number", company.transaction("not a number", 990)),
        ("wrong_amount", company.transaction(no, 989)),
        ("wrong_amount", company.transaction(no, 99_000)),
        ("wrong_amount", dollars),
    ];
    for (index, (kind, plain)) in cases.iter().enumerate() {
        let before = alarms(kind);
        let notice = company.notice(&format!("n{index}"), plain);
        world.hook.forward(notice.clone()).await.unwrap();
        assert!(alarms(kind) > before, "{kind}");
        world.hook.forward(notice).await.unwrap();
    }
    assert_eq!(world.count(KEPT).await, 7);
    let alarmed = "SELECT COUNT(*) FROM notifications WHERE outcome IN ('foreign_merchant',
                   'unknown_number', 'wrong_amount')";
    assert_eq!(world.count(alarmed).await, 7);
    assert_eq!(world.get(7, no).await.unwrap(), payment);
    assert!(world.heard.paid(&order).is_empty());

    // Nor does it keep the true payer from paying.
    assert!(company.scan_and_pay(&payment.code_url).await);
    world.comes_to(&payment, State::Paid).await;
    world.close_down().await;
}

#[tokio::test]
async fn money_that_came_twice_needs_a_person() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.paid().await;
    let (_, other) = world.pending().await;
    let view = world.get(7, &payment.payment_no).await.unwrap();
    let before = (alarms("second_transaction"), alarms("reused_transaction"));
    let second = world.company.transaction(&payment.payment_no, 990);
    world
        .hook
        .forward(world.company.notice("n1", &second))
        .await
        .unwrap();
    let mut reused = world.company.transaction(&other.payment_no, 990);
    reused["transaction_id"] = json!(view.transaction_id);
    world
        .hook
        .forward(world.company.notice("n2", &reused))
        .await
        .unwrap();
    assert!(alarms("second_transaction") > before.0 && alarms("reused_transaction") > before.1);
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), view);
    assert_eq!(world.get(7, &other.payment_no).await.unwrap(), other);
    assert_eq!(world.heard.paid(&order).len(), 1);
    world.close_down().await;
}

#[tokio::test]
async fn an_event_that_we_do_not_know_is_kept() {
    let world = Trading::open(|_| {}).await;
    let event = world.company.event("n1", "PROFITSHARING", &json!({"x": 1}));
    world.hook.forward(event.clone()).await.unwrap();
    world.hook.forward(event).await.unwrap();
    let ignored = "SELECT COUNT(*) FROM notifications WHERE outcome = 'ignored'";
    assert_eq!(world.count(ignored).await, 1);
    world.close_down().await;
}

#[tokio::test]
async fn the_key_before_the_last_change_still_opens() {
    let world = Trading::open(|config| {
        let old = config.wechat.api_v3_key.clone();
        config.wechat.previous_api_v3_key = old;
        config.wechat.api_v3_key = "9".repeat(32).into();
    })
    .await;
    world.paid().await;
    world.close_down().await;
}
