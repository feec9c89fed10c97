//! The merchant is told, in the company's hand, until it says that it knows.

use std::collections::HashSet;

use clock::SystemClock;
use serde_json::json;
use wechatpay::{TradeState, Transaction};

use crate::support::Shop;

const NO: &str = "PAY0000001";

#[tokio::test]
async fn a_payment_is_told_once_signed_and_sealed() {
    let shop = Shop::open("told").await;
    let mut order = shop.order(NO);
    order["attach"] = json!("of ours");
    let code = shop.create(&order).await;
    assert_eq!(shop.scan(code.pr(), "success").await, 200);
    let heard = shop.hook.hears(NO, 1).await.remove(0);
    assert_eq!(heard.believed, Ok(()));
    assert_eq!(heard.envelope.event_type, "TRANSACTION.SUCCESS");
    assert_eq!(heard.envelope.resource_type, "encrypt-resource");
    assert_eq!(heard.envelope.resource.original_type, "transaction");
    let told: Transaction = serde_json::from_value(heard.plain.unwrap()).unwrap();
    assert_eq!(told.trade_state, TradeState::Success);
    assert_eq!(told.amount.as_ref().unwrap().total, 990);
    assert_eq!(told.attach.as_deref(), Some("of ours"));
    assert!(told.success_time.as_ref().unwrap().ends_with("+08:00"));
    let asked: Transaction = serde_json::from_value(shop.query(NO).await.body).unwrap();
    assert_eq!(told, asked, "a query says the same");
}

#[tokio::test]
async fn it_is_repeated_until_200_or_204_and_signed_anew_each_time() {
    let shop = Shop::open("repeated").await;
    shop.hook.answer(&[500, 302, 201, 401, 204]);
    shop.paid(NO).await;
    let heard = shop.hook.hears(NO, 5).await;
    assert!(heard.iter().all(|heard| heard.believed.is_ok()));
    let ids: HashSet<_> = heard.iter().map(|heard| &heard.envelope.id).collect();
    let nonces: HashSet<_> = heard.iter().map(|heard| &heard.nonce).collect();
    let seals: HashSet<_> = heard
        .iter()
        .map(|heard| &heard.envelope.resource.nonce)
        .collect();
    assert_eq!((ids.len(), nonces.len(), seals.len()), (1, 5, 5));
    let journal = shop.json(&format!("/sim/journal?out_trade_no={NO}")).await;
    let answers: Vec<_> = journal["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"].as_str().unwrap().starts_with("notification."))
        .map(|event| (event["kind"].as_str().unwrap(), &event["facts"]["status"]))
        .collect();
    let expected = [
        ("notification.refused", &json!(500)),
        ("notification.refused", &json!(302)),
        ("notification.refused", &json!(201)),
        ("notification.refused", &json!(401)),
        ("notification.accepted", &json!(204)),
    ];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn it_is_given_up_after_sixteen_attempts() {
    let shop = Shop::open_with("given-up", SystemClock::shared(), 1_000_000).await;
    shop.hook.answer(&[500; 32]);
    shop.paid(NO).await;
    shop.hook.hears(NO, 16).await;
    assert!(
        shop.kinds(NO)
            .await
            .contains(&"notification.given_up".to_owned())
    );
}
