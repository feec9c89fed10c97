//! What goes wrong on purpose, as often as it was asked for.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{support::refused, told::Told};

const NO: &str = "PAY0000001";

fn on(route: &str, no: &str, fault: &str) -> Value {
    json!({"match": {"route": route, "out_trade_no": no}, "fault": fault})
}

#[tokio::test]
async fn calls_that_are_not_carried_out() {
    let shop = Told::open("not-carried-out").await;
    let order = shop.order(NO);
    let mut rule = on("create", NO, "system_error");
    rule["times"] = json!(2);
    shop.fault(&rule).await;
    // Another number, and another call, go through.
    assert_eq!(shop.create(&shop.order("PAY0000002")).await.status, 200);
    refused(&shop.query(NO).await, 404, "ORDER_NOT_EXIST");
    for _ in 0..2 {
        refused(&shop.create(&order).await, 500, "SYSTEM_ERROR");
    }
    refused(&shop.query(NO).await, 404, "ORDER_NOT_EXIST");
    assert_eq!(shop.create(&order).await.status, 200);
    shop.fault(&on("query", NO, "frequency_limited")).await;
    refused(&shop.query(NO).await, 429, "FREQUENCY_LIMITED");
    assert_eq!(shop.pay(NO, &json!({})).await, 200);
    shop.fault(&on("refund", NO, "not_enough")).await;
    let refund = shop.refund_of(NO, "REF0000001", 990);
    refused(&shop.refund(&refund).await, 403, "NOT_ENOUGH");
    refused(
        &shop.query_refund("REF0000001").await,
        404,
        "RESOURCE_NOT_EXISTS",
    );
    assert_eq!(shop.refund(&refund).await.status, 200);
}

#[tokio::test]
async fn answers_that_are_lost_after_the_refund_or_the_close() {
    let shop = Told::open("lost-answers").await;
    shop.create(&shop.order(NO)).await;
    shop.fault(&on("close", NO, "system_error_after_commit"))
        .await;
    refused(&shop.close(NO).await, 500, "SYSTEM_ERROR");
    assert_eq!(shop.query(NO).await.body["trade_state"], "CLOSED");
    let no = "PAY0000002";
    shop.paid(no).await;
    shop.fault(&on("refund", no, "system_error_after_commit"))
        .await;
    let refund = shop.refund_of(no, "REF0000002", 990);
    refused(&shop.refund(&refund).await, 500, "SYSTEM_ERROR");
    assert_eq!(shop.query_refund("REF0000002").await.status, 200);
    assert!(shop.kinds(no).await.contains(&"fault.struck".to_owned()));
}

#[tokio::test]
async fn answers_that_are_late() {
    let shop = Told::open("late-answers").await;
    let mut rule = on("create", NO, "delay");
    rule["args"] = json!({"ms": 300});
    shop.fault(&rule).await;
    let started = Instant::now();
    assert!(shop.create(&shop.order(NO)).await.signed);
    assert!(started.elapsed() >= Duration::from_millis(300));
}
