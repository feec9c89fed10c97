//! When the merchant is told, and until when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::told::{Told, pr};

const NO: &str = "PAY0000001";

fn on(route: &str, no: &str, fault: &str) -> Value {
    json!({"match": {"route": route, "out_trade_no": no}, "fault": fault})
}

#[tokio::test]
async fn a_notification_and_a_query_say_the_same() {
    let shop = Told::open("told").await;
    let mut order = shop.order(NO);
    order["attach"] = json!("of ours");
    let code = shop.create(&order).await;
    assert_eq!(shop.scan(pr(&code), "success").await, 200);
    let told = shop.hears(NO, 1).await.remove(0).plain;
    assert_eq!(told["attach"], "of ours");
    assert!(told["success_time"].as_str().unwrap().ends_with("+08:00"));
    assert_eq!(told, shop.query(NO).await.body);
}

#[tokio::test]
async fn only_200_and_204_acknowledge() {
    let shop = Told::open("acknowledged").await;
    shop.answer(&[500, 302, 201, 401, 204]);
    shop.paid(NO).await;
    shop.hears(NO, 5).await;
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
    let shop = Told::open_with("given-up", 1_000_000).await;
    shop.answer(&[500; 32]);
    shop.paid(NO).await;
    shop.hears(NO, 16).await;
    assert!(
        shop.kinds(NO)
            .await
            .contains(&"notification.given_up".to_owned())
    );
}

#[tokio::test]
async fn a_late_one_comes_late() {
    let shop = Told::open("late").await;
    let mut rule = on("notify", NO, "delay");
    rule["args"] = json!({"ms": 400});
    shop.fault(&rule).await;
    shop.paid(NO).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(shop.heard(NO).is_empty());
    shop.hears(NO, 1).await;
}

#[tokio::test]
async fn notifications_that_come_out_of_order() {
    let shop = Told::open("reordered").await;
    shop.fault(&on("notify", NO, "out_of_order")).await;
    shop.paid(NO).await;
    shop.paid("PAY0000009").await;
    shop.hears("PAY0000009", 1).await;
    // Another order's does not overtake it.
    shop.hears(NO, 0).await;
    shop.refund(&shop.refund_of(NO, "REF0000001", 990)).await;
    let heard = shop.hears(NO, 2).await;
    let events: Vec<_> = heard
        .iter()
        .map(|heard| heard.envelope.event_type.as_str())
        .collect();
    assert_eq!(events, ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]);

    // With nothing to overtake it, it comes after a while.
    let no = "PAY0000002";
    let mut rule = on("notify", no, "out_of_order");
    rule["args"] = json!({"ms": 100});
    shop.fault(&rule).await;
    shop.paid(no).await;
    shop.hears(no, 1).await;
}
