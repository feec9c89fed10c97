//! What is not the merchant's, or not well formed, changes nothing.

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::{Authorization, path};

use crate::support::{Shop, refused};

const NO: &str = "PAY0000001";

#[tokio::test]
async fn whoever_does_not_sign_is_refused() {
    let shop = Shop::open("unsigned").await;
    let body = shop.order(NO).to_string();
    let now_s = shop.now_s();
    let good = shop.authorize(&Method::POST, path::NATIVE, &body, now_s);
    let with = |change: fn(&mut Authorization)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.to_string()
    };
    let at = |at_s: i64| shop.authorize(&Method::POST, path::NATIVE, &body, at_s);
    for signed in [
        String::new(),
        "Bearer x".into(),
        format!("{good},mchid=\"1\""),
        at(now_s - 310).to_string(),
        at(now_s + 310).to_string(),
        with(|signed| signed.timestamp = "now".into()),
        with(|signed| signed.mchid = "1".into()),
        with(|signed| signed.serial = "1".into()),
        with(|signed| signed.nonce.clear()),
        with(|signed| signed.nonce.push('x')),
        with(|signed| signed.nonce = "other".into()),
        with(|signed| signed.signature = "AAAA".into()),
        with(|signed| signed.signature = "*".into()),
    ] {
        let said = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
        refused(&said, 401, "SIGN_ERROR");
    }
    let request = shop.request(Method::POST, path::NATIVE);
    let request = request.header("user-agent", "test").body(body.clone());
    refused(&shop.heard(request).await.unwrap(), 401, "SIGN_ERROR");

    let other = shop.order("PAY0000002").to_string();
    let good = good.to_string();
    let said = shop.send(Method::POST, path::NATIVE, &other, &good).await;
    refused(&said, 401, "SIGN_ERROR");
    let shown = &said.body["detail"]["sign_information"];
    assert!(
        shown["truncated_sign_message"].is_string(),
        "what was verified: {}",
        said.body
    );
    refused(&shop.query(NO).await, 404, "ORDER_NOT_EXIST");
    let said = shop.send(Method::POST, path::NATIVE, &body, &good).await;
    assert!(said.status == 200 && said.signed, "{}", said.body);
    // A tampered method or query is another request.
    let signed = shop
        .authorize(&Method::GET, path::NATIVE, "", now_s)
        .to_string();
    let target = path::transaction(NO, &shop.merchant.mchid);
    let said = shop.send(Method::GET, &target, "", &signed).await;
    refused(&said, 401, "SIGN_ERROR");
}

#[tokio::test]
async fn a_nonce_is_believed_once() {
    let shop = Shop::open("nonces").await;
    let body = shop.order(NO).to_string();
    let signed = shop.authorize(&Method::POST, path::NATIVE, &body, shop.now_s());
    let signed = signed.to_string();
    let first = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
    assert_eq!(first.status, 200);
    let again = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
    refused(&again, 401, "SIGN_ERROR");
    assert_eq!(
        shop.scan(first.pr(), "success").await,
        200,
        "the code is still good"
    );
}

#[tokio::test]
async fn a_request_says_who_sends_it() {
    let shop = Shop::open("agents").await;
    let target = path::transaction(NO, &shop.merchant.mchid);
    let signed = shop.authorize(&Method::GET, &target, "", shop.now_s());
    let request = shop.request(Method::GET, &target);
    let request = request.header("authorization", signed.to_string());
    refused(&shop.heard(request).await.unwrap(), 400, "INVALID_REQUEST");
}

#[tokio::test]
async fn what_is_malformed_is_refused() {
    let shop = Shop::open("malformed").await;
    for (field, value) in [
        ("out_trade_no", json!("short")),
        ("out_trade_no", json!("with blank")),
        ("out_trade_no", json!("9".repeat(33))),
        ("description", json!("")),
        ("description", json!("x".repeat(128))),
        ("description", json!("🛒")),
        ("attach", json!("x".repeat(129))),
        ("amount", json!({"total": 0, "currency": "CNY"})),
        ("amount", json!({"total": 1, "currency": "USD"})),
        ("amount", json!({"total": "1"})),
        ("notify_url", json!("http://127.0.0.1/notify?x=1")),
        ("notify_url", json!("ftp://127.0.0.1/notify")),
        ("time_expire", json!("tomorrow")),
        ("mchid", json!("1900000000")),
        ("something_else", json!(1)),
    ] {
        let mut order = shop.order(NO);
        order[field] = value;
        let said = shop.create(&order).await;
        refused(&said, 400, "PARAM_ERROR");
        assert!(said.body["detail"]["field"].is_string(), "{}", said.body);
    }
    let mut order = shop.order("PAY0000002");
    order["appid"] = json!("wx1");
    refused(&shop.create(&order).await, 400, "APPID_MCHID_NOT_MATCH");
    for body in ["", "{", "[]", "null", "\u{0}"] {
        let signed = shop.authorize(&Method::POST, path::NATIVE, body, shop.now_s());
        let signed = signed.to_string();
        let said = shop.send(Method::POST, path::NATIVE, body, &signed).await;
        refused(&said, 400, "PARAM_ERROR");
    }
}

#[tokio::test]
async fn another_merchants_number_is_nobodys() {
    let shop = Shop::open("strangers").await;
    shop.create(&shop.order(NO)).await;
    for query in ["", "?mchid=", "?mchid=1900000000"] {
        let target = format!("/v3/pay/transactions/out-trade-no/{NO}{query}");
        let said = shop.call(Method::GET, &target, &Value::Null).await;
        refused(&said, 400, "PARAM_ERROR");
    }
    for body in [
        json!({}),
        json!({"mchid": "1900000000"}),
        json!({"mchid": 1}),
    ] {
        let said = shop.call(Method::POST, &path::close(NO), &body).await;
        refused(&said, 400, "PARAM_ERROR");
    }
    assert_eq!(shop.query(NO).await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn there_are_no_other_paths() {
    let shop = Shop::open("paths").await;
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
