//! What goes wrong on purpose, as often as it was asked for.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::{Forged, Undecryptable, path};

use crate::support::{Shop, refused};

const NO: &str = "PAY0000001";

fn on(route: &str, no: &str, fault: &str) -> Value {
    json!({"match": {"route": route, "out_trade_no": no}, "fault": fault})
}

#[tokio::test]
async fn calls_that_are_not_carried_out() {
    let shop = Shop::open("not-carried-out").await;
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
async fn answers_that_are_lost() {
    let shop = Shop::open("lost-answers").await;
    shop.create(&shop.order(NO)).await;
    shop.fault(&on("close", NO, "reset_after_commit")).await;
    let body = json!({"mchid": shop.merchant.mchid});
    let lost = shop.try_call(Method::POST, &path::close(NO), &body).await;
    assert!(lost.is_err(), "the connection is cut");
    assert_eq!(shop.query(NO).await.body["trade_state"], "CLOSED");

    let no = "PAY0000002";
    shop.fault(&on("create", no, "reset_after_commit")).await;
    let order = shop.order(no);
    assert!(
        shop.try_call(Method::POST, path::NATIVE, &order)
            .await
            .is_err()
    );
    assert_eq!(shop.query(no).await.body["trade_state"], "NOTPAY");
    shop.pay(no, &json!({})).await;
    shop.fault(&on("refund", no, "system_error_after_commit"))
        .await;
    let refund = shop.refund_of(no, "REF0000002", 990);
    refused(&shop.refund(&refund).await, 500, "SYSTEM_ERROR");
    assert_eq!(shop.query_refund("REF0000002").await.status, 200);
    let struck = shop.kinds(no).await;
    assert_eq!(
        struck.iter().filter(|kind| *kind == "fault.struck").count(),
        2
    );
}

#[tokio::test]
async fn answers_that_are_late_or_not_to_be_believed() {
    let shop = Shop::open("odd-answers").await;
    let mut rule = on("create", NO, "delay");
    rule["args"] = json!({"ms": 300});
    shop.fault(&rule).await;
    let started = Instant::now();
    assert!(shop.create(&shop.order(NO)).await.signed);
    assert!(started.elapsed() >= Duration::from_millis(300));
    for fault in ["bad_sig", "signtest"] {
        shop.fault(&on("query", NO, fault)).await;
        let said = shop.query(NO).await;
        assert_eq!((said.status, said.signed), (200, false), "{fault}");
        assert!(shop.query(NO).await.signed, "the next one is good");
    }
}

#[tokio::test]
async fn notifications_that_come_never_late_or_often() {
    let shop = Shop::open("odd-notices").await;
    let with = |no: &str, fault: &str, args: Value| {
        let mut rule = on("notify", no, fault);
        rule["args"] = args;
        rule
    };
    shop.fault(&with("PAY0000001", "drop", json!({}))).await;
    shop.paid("PAY0000001").await;
    shop.hook.hears("PAY0000001", 0).await;
    assert!(
        shop.kinds("PAY0000001")
            .await
            .contains(&"notification.lost".to_owned())
    );

    for (no, fault) in [
        ("PAY0000002", "duplicate"),
        ("PAY0000003", "duplicate_parallel"),
    ] {
        shop.fault(&with(no, fault, json!({"n": 3}))).await;
        shop.paid(no).await;
        let heard = shop.hook.hears(no, 3).await;
        let ids: HashSet<_> = heard.iter().map(|heard| &heard.envelope.id).collect();
        assert_eq!(ids.len(), 1, "{fault}");
    }

    shop.fault(&with("PAY0000004", "delay", json!({"ms": 400})))
        .await;
    shop.paid("PAY0000004").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(shop.hook.heard("PAY0000004").is_empty());
    shop.hook.hears("PAY0000004", 1).await;
}

#[tokio::test]
async fn notifications_that_come_out_of_order() {
    let shop = Shop::open("reordered").await;
    shop.fault(&on("notify", NO, "out_of_order")).await;
    shop.paid(NO).await;
    shop.paid("PAY0000009").await;
    shop.hook.hears("PAY0000009", 1).await;
    // Another order's does not overtake it.
    shop.hook.hears(NO, 0).await;
    shop.refund(&shop.refund_of(NO, "REF0000001", 990)).await;
    let heard = shop.hook.hears(NO, 2).await;
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
    shop.hook.hears(no, 1).await;
}

#[tokio::test]
async fn notifications_that_lie_are_followed_by_the_truth() {
    for (fault, field) in [
        ("wrong_amount", "/amount/total"),
        ("wrong_mchid", "/mchid"),
        ("wrong_appid", "/appid"),
    ] {
        let shop = Shop::open(&format!("lies-{fault}")).await;
        shop.fault(&on("notify", NO, fault)).await;
        // The merchant notices.
        shop.hook.answer(&[500]);
        shop.paid(NO).await;
        let heard = shop.hook.hears(NO, 2).await;
        assert!(heard.iter().all(|heard| heard.believed.is_ok()));
        let said = |at: usize| heard[at].plain.as_ref().unwrap().pointer(field).unwrap();
        assert_ne!(said(0), said(1), "{fault}");
    }
}

#[tokio::test]
async fn notifications_that_nobody_should_believe_are_followed_by_good_ones() {
    for (fault, forged, sealed) in [
        (
            "bad_sig",
            Some(vec![Forged::Wrong, Forged::NotBase64]),
            None,
        ),
        ("signtest", Some(vec![Forged::Probe]), None),
        ("wrong_api_v3_key", None, Some(Undecryptable::Tag)),
    ] {
        let shop = Shop::open(&format!("forged-{fault}")).await;
        shop.fault(&on("notify", NO, fault)).await;
        shop.paid(NO).await;
        let heard = shop.hook.hears(NO, 2).await;
        match forged {
            Some(forged) => assert!(forged.contains(heard[0].believed.as_ref().unwrap_err())),
            None => assert_eq!(heard[0].believed, Ok(())),
        }
        assert_eq!(heard[0].plain.clone().err(), sealed, "{fault}");
        assert!(
            heard[1].believed.is_ok() && heard[1].plain.is_ok(),
            "{fault}"
        );
    }
}
