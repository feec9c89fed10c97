use reqwest::{Method, header};
use serde_json::{Value, json};
use wechatpay::{Authorization, path};

use crate::support::{Said, Shop, refused};

const NO: &str = "PAY0000001";

fn why(said: &Said) -> &str {
    said.body["message"].as_str().unwrap()
}

/// Every check by itself: whatever is wrong is the only thing that is.
#[tokio::test]
async fn a_wrong_signature_is_refused_for_what_is_wrong_with_it() {
    let shop = Shop::open("reasons").await;
    let body = shop.order(NO).to_string();
    let at =
        |away_s: i64| shop.authorize(&Method::POST, path::NATIVE, &body, shop.now_s() + away_s);
    let with = |change: fn(&mut Authorization)| {
        let mut changed = at(0);
        change(&mut changed);
        changed.to_string()
    };
    let good = at(0).to_string();
    for (signed, reason) in [
        (good.replacen("RSA2048", "HMAC", 1), "the scheme is not"),
        (format!("Bearer {good}"), "the scheme is not"),
        (good.replace("mchid", "merchant"), "malformed, unknown"),
        (format!("{good},mchid=\"1900000109\""), "malformed, unknown"),
        (good.replace(",nonce_str=", ",timestamp="), "there twice"),
        (at(-301).to_string(), "five minutes away"),
        (at(301).to_string(), "five minutes away"),
        (with(|signed| signed.timestamp = "soon".into()), "no number"),
        (with(|signed| signed.mchid = "1".into()), "no such merchant"),
        (
            with(|signed| signed.serial = "1".into()),
            "no such merchant",
        ),
        (with(|signed| signed.nonce.push('x')), "wrong signature"),
        (
            with(|signed| signed.signature = "*".into()),
            "wrong signature",
        ),
    ] {
        let said = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
        refused(&said, 401, "SIGN_ERROR");
        assert!(why(&said).contains(reason), "{reason}: {}", said.body);
    }
    assert_eq!(shop.count(NO, "request.refused").await, 12);
    assert_eq!(shop.count(NO, "order.opened").await, 0);
    for away_s in [-300, 300] {
        let signed = at(away_s).to_string();
        let said = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
        assert!(said.status == 200 && said.signed, "{}", said.body);
    }
}

#[tokio::test]
async fn headers_that_are_not_there_are_refused() {
    let shop = Shop::open("headers").await;
    let body = shop.order(NO).to_string();
    let signed = shop.authorize(&Method::POST, path::NATIVE, &body, shop.now_s());
    let post = || {
        let url = format!("{}{}", shop.base, path::NATIVE);
        shop.http.post(url).body(body.clone())
    };
    let unsigned = post().header(header::USER_AGENT, "test");
    let anonymous = post().header(header::AUTHORIZATION, signed.to_string());
    for (request, status, code) in [
        (unsigned, 401, "SIGN_ERROR"),
        (anonymous, 400, "INVALID_REQUEST"),
    ] {
        let said = request.send().await.unwrap();
        assert_eq!(said.status(), status);
        let said: Value = said.json().await.unwrap();
        assert_eq!(said["code"], code, "{said}");
    }
    assert_eq!(shop.count(NO, "order.opened").await, 0);
}

/// A signature is of one method, one target and one body, and the refusal shows which.
#[tokio::test]
async fn a_signature_of_something_else_is_diagnosed() {
    let shop = Shop::open("diagnosed").await;
    let body = shop.order(NO).to_string();
    for (method, target, signed_body) in [
        (Method::GET, path::NATIVE, body.as_str()),
        (Method::POST, "/v3/pay/transactions/jsapi", body.as_str()),
        (
            Method::POST,
            "/v3/pay/transactions/native?x=1",
            body.as_str(),
        ),
        (Method::POST, path::NATIVE, ""),
    ] {
        let signed = shop.authorize(&method, target, signed_body, shop.now_s());
        let said = shop
            .send(Method::POST, path::NATIVE, &body, &signed.to_string())
            .await;
        refused(&said, 401, "SIGN_ERROR");
        let detail = &said.body["detail"];
        assert_eq!(
            (&detail["field"], &detail["detail"]["issue"]),
            (&json!("signature"), &json!("sign not match"))
        );
        let seen = &detail["sign_information"];
        assert_eq!(
            (&seen["method"], &seen["url"]),
            (&json!("POST"), &json!(path::NATIVE))
        );
        let (at, nonce) = (&signed.timestamp, &signed.nonce);
        let message = format!("POST\n{}\n{at}\n{nonce}\n{body}\n", path::NATIVE);
        assert_eq!(seen["sign_message_length"], json!(message.len()));
        let shown: String = message.chars().take(200).collect();
        assert_eq!(seen["truncated_sign_message"], json!(shown));
    }
    assert_eq!(shop.count(NO, "order.opened").await, 0);
}

#[tokio::test]
async fn a_parameter_is_named() {
    let shop = Shop::open("parameters").await;
    for (field, value, named) in [
        ("out_trade_no", json!("P".repeat(33)), "/out_trade_no"),
        ("description", json!("a".repeat(128)), "/description"),
        (
            "amount",
            json!({"total": -1, "currency": "CNY"}),
            "/amount/total",
        ),
        (
            "amount",
            json!({"total": 1, "currency": "USD"}),
            "/amount/currency",
        ),
        ("notify_url", json!("ftp://127.0.0.1/"), "/notify_url"),
        ("time_expire", json!("2026-11-21 10:00:00"), "/time_expire"),
    ] {
        let mut order = shop.order(NO);
        order[field] = value;
        let said = shop.create(&order).await;
        refused(&said, 400, "PARAM_ERROR");
        assert_eq!(said.body["detail"]["field"], named, "{}", said.body);
    }
    let close = json!({"mchid": "1"});
    let said = shop.call(Method::POST, &path::close(NO), &close).await;
    refused(&said, 400, "MCH_NOT_EXISTS");
    for target in [path::transaction(NO, "1"), path::transaction(NO, "")] {
        let said = shop.call(Method::GET, &target, &Value::Null).await;
        refused(&said, 400, "PARAM_ERROR");
    }
    let mut order = shop.order(NO);
    order["description"] = json!("a".repeat(64 * 1024));
    assert_eq!(shop.create(&order).await.status, 413);
    // None of them has burnt the number.
    assert_eq!(shop.create(&shop.order(NO)).await.status, 200);
}
