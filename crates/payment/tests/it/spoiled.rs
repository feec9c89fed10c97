//! What goes wrong between the company and us, on the wire: the money is taken once, and only on
//! the company's true word.

use clock::Clock;
use futures_util::future::join_all;
use proto::{
    order::OrderView,
    payment::{NotifyRequest, PaymentView, State, notify_request::Header},
};
use testkit::eventually;
use wechatpay::{Platform, PrivateKey, nonce};

use crate::{
    support::{LIMIT, alarms, reason, until},
    trading::Trading,
};

const KEPT: &str = "SELECT COUNT(*) FROM notifications";
const DAY_MS: i64 = 24 * 3_600_000;

async fn count(world: &Trading, payment: &PaymentView, kind: &str) -> usize {
    world.company.count(&payment.payment_no, kind).await
}

async fn paid_once_by_asking(world: &Trading, order: &OrderView) {
    assert_eq!(world.synced(order).await.unwrap().state(), State::Paid);
    until(|| world.heard.paid(order).len() == 1).await;
    assert_eq!(world.heard.paid(order)[0].amount_fen, 990);
}

#[tokio::test]
async fn what_is_refused_comes_again_and_pays_nothing_meanwhile() {
    let world = Trading::open(|_| {}).await;
    for fault in ["bad_sig", "signtest", "wrong_api_v3_key"] {
        let (order, payment) = world.pending().await;
        let no = payment.payment_no.as_str();
        world.company.fault("notify", no, fault, 1_000).await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.refused").await >= 3
        })
        .await;
        assert_eq!(world.get(7, no).await.unwrap(), payment, "{fault}");
        assert!(world.heard.paid(&order).is_empty(), "{fault}");
        paid_once_by_asking(&world, &order).await;
    }
    assert_eq!((world.count(KEPT).await, world.told().await), (0, 3));
    world.close_down().await;
}

#[tokio::test]
async fn the_true_one_after_a_spoiled_one_pays() {
    let world = Trading::open(|_| {}).await;
    for fault in ["bad_sig", "signtest", "wrong_api_v3_key"] {
        let (order, payment) = world.pending().await;
        let no = payment.payment_no.as_str();
        world.company.fault("notify", no, fault, 2).await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        until(|| world.heard.paid(&order).len() == 1).await;
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.accepted").await == 1
        })
        .await;
        let refused = count(&world, &payment, "notification.refused").await;
        assert_eq!(refused, 2, "{fault}");
    }
    assert_eq!((world.count(KEPT).await, world.told().await), (3, 3));
    world.close_down().await;
}

/// It is acknowledged, so no true one follows: asking finds the money.
#[tokio::test]
async fn what_is_signed_and_says_something_else_pays_nothing() {
    let world = Trading::open(|_| {}).await;
    for (fault, alarm) in [
        ("wrong_amount", "wrong_amount"),
        ("wrong_mchid", "foreign_merchant"),
        ("wrong_appid", "foreign_merchant"),
    ] {
        let before = alarms(alarm);
        let (order, payment) = world.pending().await;
        let no = payment.payment_no.as_str();
        world.company.fault("notify", no, fault, 1).await;
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.accepted").await == 1
        })
        .await;
        assert!(alarms(alarm) > before, "{fault}");
        assert_eq!(world.get(7, no).await.unwrap(), payment, "{fault}");
        assert!(world.heard.paid(&order).is_empty(), "{fault}");
        paid_once_by_asking(&world, &order).await;
    }
    let kept = "SELECT COUNT(*) FROM notifications
                WHERE outcome IN ('wrong_amount', 'foreign_merchant')";
    assert_eq!((world.count(kept).await, world.told().await), (3, 3));
    world.close_down().await;
}

#[tokio::test]
async fn the_same_one_at_two_replicas_at_once_counts_once() {
    let world = Trading::open(|_| {}).await;
    let replica = world.replica().await;
    let peer = rpc::PeerConfig {
        url: format!("http://{}", replica.grpc.unwrap()),
        timeout_ms: 20_000,
    };
    let channel = rpc::peer(&peer, &world.config.fleet);
    let other = proto::payment::payment_client::PaymentClient::new(channel);
    for round in 1..=6 {
        world.hook.lose(true);
        let (order, payment) = world.pending().await;
        let before = world.hook.kept().len();
        assert!(world.company.scan_and_pay(&payment.code_url).await);
        until(|| world.hook.kept().len() > before).await;
        let notice = world.hook.kept().pop().unwrap();
        let here = (0..4).map(|_| world.hook.forward(notice.clone()));
        let there = (0..4).map(|_| {
            let (mut client, notice) = (other.clone(), notice.clone());
            async move { client.notify(notice).await.map(drop) }
        });
        let (here, there) = tokio::join!(join_all(here), join_all(there));
        assert!(here.iter().chain(&there).all(Result::is_ok));
        world.hook.lose(false);
        until(|| world.heard.paid(&order).len() == 1).await;
        eventually(LIMIT, || async {
            count(&world, &payment, "notification.accepted").await == 1
        })
        .await;
        assert_eq!(
            (world.count(KEPT).await, world.told().await),
            (round, round)
        );
    }
    drop(replica);
    world.close_down().await;
}

#[tokio::test]
async fn a_strangers_signature_under_the_companys_name_is_refused() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.pending().await;
    let plain = world.company.transaction(&payment.payment_no, 990);
    let good = world.company.notice("n1", &plain);
    let (key, _) = PrivateKey::generate().unwrap();
    let stranger = Platform {
        id: world.company.platform.id.clone(),
        key,
    };
    let now_s = world.clock.now().timestamp();
    let signed = stranger.sign(&good.body, now_s, nonce(&mut rand::rng()));
    let headers = signed.unwrap().map(|(name, value)| Header {
        name: name.to_owned(),
        value,
    });
    let forged = NotifyRequest {
        headers: headers.into(),
        body: good.body,
    };
    let refused = world.hook.forward(forged).await.unwrap_err();
    assert_eq!(reason(&refused), fault::Reason::SignatureWrong);
    assert_eq!(world.count(KEPT).await, 0);
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), payment);
    assert!(world.heard.paid(&order).is_empty());
    world.close_down().await;
}

/// The company repeats for a day, and signs every attempt anew; a thief does not.
#[tokio::test]
async fn a_repetition_a_day_later_changes_nothing() {
    let world = Trading::open(|_| {}).await;
    let (order, payment) = world.paid().await;
    let kept = world.hook.kept()[0].clone();
    let view = world.get(7, &payment.payment_no).await.unwrap();
    world.clock.advance_ms(DAY_MS);
    let stolen = world.hook.forward(kept.clone()).await.unwrap_err();
    assert_eq!(reason(&stolen), fault::Reason::SignatureWrong);
    let anew = world.company.sign(&kept.body, 0);
    world.hook.forward(anew.clone()).await.unwrap();
    assert_eq!(world.count(KEPT).await, 1);

    // Nor does it need the inbox: the payment itself knows its transaction.
    let forget = sqlx::query("DELETE FROM notifications");
    forget.execute(&world.pool).await.unwrap();
    world.hook.forward(anew).await.unwrap();
    let known = "SELECT COUNT(*) FROM notifications WHERE outcome = 'known'";
    assert_eq!(world.count(known).await, 1);
    assert_eq!(world.get(7, &payment.payment_no).await.unwrap(), view);
    assert_eq!((world.heard.paid(&order).len(), world.told().await), (1, 1));
    world.close_down().await;
}
