//! Where the rules end.

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::path;

use crate::{
    support::refused,
    told::{Told, pr},
};

const NO: &str = "PAY0000001";

#[tokio::test]
async fn a_nonce_is_believed_once() {
    let shop = Told::open("nonces").await;
    let body = shop.order(NO).to_string();
    let signed = shop.authorize(&Method::POST, path::NATIVE, &body, shop.now_s());
    let signed = signed.to_string();
    let first = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
    assert_eq!(first.status, 200);
    let again = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
    refused(&again, 401, "SIGN_ERROR");
    assert_eq!(
        shop.scan(pr(&first), "success").await,
        200,
        "the code is still good"
    );
}

#[tokio::test]
async fn another_merchants_number_is_nobodys() {
    let shop = Told::open("strangers").await;
    shop.create(&shop.order(NO)).await;
    for query in ["", "?mchid=", "?mchid=1900000000"] {
        let target = format!("/v3/pay/transactions/out-trade-no/{NO}{query}");
        let said = shop.call(Method::GET, &target, &Value::Null).await;
        refused(&said, 400, "PARAM_ERROR");
    }
    let mut order = shop.order("PAY0000002");
    order["mchid"] = json!("1900000000");
    refused(&shop.create(&order).await, 400, "PARAM_ERROR");
    let close = json!({"mchid": "1900000000"});
    let said = shop.call(Method::POST, &path::close(NO), &close).await;
    refused(&said, 400, "MCH_NOT_EXISTS");
    assert_eq!(shop.query(NO).await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn there_are_no_other_paths() {
    let shop = Told::open("paths").await;
    for path in [
        "/v3/nowhere",
        "/v3/refund/domestic/refundsX",
        "/",
        "/v2/pay",
    ] {
        let said = shop.call(Method::POST, path, &json!({})).await;
        assert_eq!((said.status, said.body), (404, Value::Null), "{path}");
    }
    let no = path::transaction(NO, &shop.merchant.mchid);
    for (method, path) in [
        (Method::GET, path::NATIVE),
        (Method::GET, path::REFUNDS),
        (Method::POST, no.as_str()),
        (Method::DELETE, no.as_str()),
    ] {
        let said = shop.call(method, path, &Value::Null).await;
        assert_eq!((said.status, said.body), (405, Value::Null), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_order_is_refused() {
    let shop = Told::open("no-orders").await;
    for body in ["", "{", "[]", "null", "\u{0}"] {
        let signed = shop.authorize(&Method::POST, path::NATIVE, body, shop.now_s());
        let signed = signed.to_string();
        let said = shop.send(Method::POST, path::NATIVE, body, &signed).await;
        refused(&said, 400, "PARAM_ERROR");
    }
    let mut order = shop.order(NO);
    order["attach"] = json!("x".repeat(129));
    refused(&shop.create(&order).await, 400, "PARAM_ERROR");
}

#[tokio::test]
async fn a_payer_can_be_faster_than_a_close_or_come_through_after_it() {
    let shop = Told::open("races").await;
    for at in 0..20 {
        let no = format!("PAY{at:07}");
        shop.create(&shop.order(&no)).await;
        let how = json!({});
        let (closed, paid) = tokio::join!(shop.close(&no), shop.pay(&no, &how));
        let state = shop.query(&no).await.body["trade_state"].clone();
        match (closed.status, paid) {
            (204, 409) => assert_eq!(state, "CLOSED"),
            (400, 200) => assert_eq!(state, "SUCCESS"),
            other => panic!("{other:?}: one of them wins"),
        }
    }
    let no = "PAY0000100";
    shop.create(&shop.order(no)).await;
    shop.close(no).await;
    assert_eq!(shop.pay(no, &json!({})).await, 409);
    assert_eq!(shop.pay(no, &json!({"in_spite_of_close": true})).await, 200);
    assert_eq!(shop.query(no).await.body["trade_state"], "SUCCESS");
    refused(&shop.close(no).await, 400, "ORDERPAID");
    let told = shop.hears(no, 1).await;
    assert_eq!(told[0].plain["trade_state"], "SUCCESS");
}

#[tokio::test]
async fn an_order_that_names_no_end_lives_for_a_week() {
    let shop = Told::open("week").await;
    shop.create(&shop.order(NO)).await;
    shop.clock.advance_ms(7 * 86_400_000 - 1_000);
    assert_eq!(shop.query(NO).await.body["trade_state"], "NOTPAY");
    shop.clock.advance_ms(1_001);
    assert_eq!(shop.query(NO).await.body["trade_state"], "CLOSED");
    refused(&shop.create(&shop.order(NO)).await, 400, "ORDER_CLOSED");
}

#[tokio::test]
async fn every_sign_that_a_number_may_have_survives_the_path() {
    let shop = Told::open("signs").await;
    let no = "PAY-_|*0001";
    assert_eq!(shop.create(&shop.order(no)).await.status, 200);
    let escaped = "PAY-_%7C%2A0001";
    assert_eq!(shop.query(escaped).await.body["out_trade_no"], no);
    assert_eq!(shop.close(escaped).await.status, 204);
    assert_eq!(shop.query(escaped).await.body["trade_state"], "CLOSED");
    refused(&shop.query("PAY%200000001").await, 400, "PARAM_ERROR");
}

#[tokio::test]
async fn a_malformed_refund_is_refused() {
    let shop = Told::open("malformed-refunds").await;
    shop.paid(NO).await;
    for (field, value) in [
        ("out_refund_no", json!("")),
        ("out_refund_no", json!("with blank")),
        ("out_refund_no", json!("9".repeat(65))),
        ("reason", json!("x".repeat(81))),
        ("notify_url", json!("http://127.0.0.1/notify?x=1")),
        (
            "amount",
            json!({"refund": 0, "total": 990, "currency": "CNY"}),
        ),
        (
            "amount",
            json!({"refund": 991, "total": 990, "currency": "CNY"}),
        ),
        (
            "amount",
            json!({"refund": 1, "total": 991, "currency": "CNY"}),
        ),
        (
            "amount",
            json!({"refund": 1, "total": 990, "currency": "USD"}),
        ),
        (
            "amount",
            json!({"refund": 1.5, "total": 990, "currency": "CNY"}),
        ),
        ("amount", Value::Null),
        ("something_else", json!(1)),
    ] {
        let mut asked = shop.refund_of(NO, "REF0000001", 1);
        asked[field] = value;
        refused(&shop.refund(&asked).await, 400, "PARAM_ERROR");
    }
    refused(
        &shop.query_refund("REF0000001").await,
        404,
        "RESOURCE_NOT_EXISTS",
    );
    for at in 0..50 {
        let part = shop.refund_of(NO, &format!("REF{at}"), 1);
        assert_eq!(shop.refund(&part).await.status, 200, "{at}");
    }
    let part = shop.refund_of(NO, "REF50", 1);
    refused(&shop.refund(&part).await, 400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_refund_can_go_wrong() {
    let shop = Told::open("bad-refunds").await;
    for (at, (fault, status, event, refunded_fen)) in [
        ("abnormal", "ABNORMAL", "REFUND.ABNORMAL", 990),
        ("closed", "CLOSED", "REFUND.CLOSED", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let (no, refund_no) = (format!("PAY{at:07}"), format!("REF{at:07}"));
        shop.paid(&no).await;
        shop.hears(&no, 1).await;
        let rule = json!({"match": {"route": "refund", "out_trade_no": no}, "fault": fault});
        shop.fault(&rule).await;
        shop.refund(&shop.refund_of(&no, &refund_no, 990)).await;
        let heard = shop.hears(&no, 2).await;
        let settled = shop.query_refund(&refund_no).await;
        assert_eq!(settled.body["status"], status);
        assert_eq!(heard[1].envelope.event_type, event);
        let desk = shop.json(&format!("/sim/orders/{no}")).await;
        assert_eq!(desk["refunded_fen"], refunded_fen, "{fault}");
    }
}
