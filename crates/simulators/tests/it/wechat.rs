use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::{Authorization, path};

use crate::support::{Said, Shop, refused};

#[tokio::test]
async fn whoever_does_not_sign_is_refused() {
    let shop = Shop::open("unsigned").await;
    let body = shop.order("PAY0000001").to_string();
    let now_s = shop.now_s();
    let good = shop.authorize(&Method::POST, path::NATIVE, &body, now_s);
    let with = |change: fn(&mut Authorization)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.to_string()
    };
    let stale = shop
        .authorize(&Method::POST, path::NATIVE, &body, now_s - 301)
        .to_string();
    for signed in [
        String::new(),
        "Bearer x".into(),
        format!("{good},mchid=\"1\""),
        stale,
        with(|signed| signed.mchid = "1".into()),
        with(|signed| signed.serial = "1".into()),
        with(|signed| signed.nonce.push('x')),
        with(|signed| signed.signature = "AAAA".into()),
        with(|signed| signed.signature = "*".into()),
    ] {
        let said = shop.send(Method::POST, path::NATIVE, &body, &signed).await;
        refused(&said, 401, "SIGN_ERROR");
    }
    let other = shop.order("PAY0000002").to_string();
    let said = shop
        .send(Method::POST, path::NATIVE, &other, &good.to_string())
        .await;
    refused(&said, 401, "SIGN_ERROR");
    let shown = &said.body["detail"]["sign_information"];
    assert!(
        shown["truncated_sign_message"].is_string(),
        "what was verified: {}",
        said.body
    );
    let said = shop
        .send(Method::POST, path::NATIVE, &body, &good.to_string())
        .await;
    assert!(said.status == 200 && said.signed, "{}", said.body);
}

#[tokio::test]
async fn what_is_malformed_is_refused() {
    let shop = Shop::open("malformed").await;
    for (field, value) in [
        ("out_trade_no", json!("short")),
        ("out_trade_no", json!("with blank")),
        ("description", json!("")),
        ("description", json!("🛒")),
        ("amount", json!({"total": 0, "currency": "CNY"})),
        ("amount", json!({"total": 1, "currency": "USD"})),
        ("amount", json!({"total": "1"})),
        ("notify_url", json!("http://127.0.0.1/notify?x=1")),
        ("time_expire", json!("tomorrow")),
        ("something_else", json!(1)),
    ] {
        let mut order = shop.order("PAY0000001");
        order[field] = value;
        refused(&shop.create(&order).await, 400, "PARAM_ERROR");
    }
    let mut order = shop.order("PAY0000001");
    order["appid"] = json!("wx1");
    refused(&shop.create(&order).await, 400, "APPID_MCHID_NOT_MATCH");
    let nowhere = shop.call(Method::POST, "/v3/nowhere", &json!({})).await;
    assert_eq!((nowhere.status, nowhere.body), (404, Value::Null));
    assert_eq!(
        shop.call(Method::GET, path::NATIVE, &Value::Null)
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn a_number_lives_once() {
    let shop = Shop::open("numbers").await;
    let (order, no) = (shop.order("PAY0000001"), "PAY0000001");
    let first = shop.create(&order).await;
    let again = shop.create(&order).await;
    assert!(first.signed && again.signed);
    assert_ne!(
        first.body["code_url"], again.body["code_url"],
        "the first is void"
    );
    let pr = |said: &Said| {
        said.body["code_url"]
            .as_str()
            .unwrap()
            .rsplit_once('=')
            .unwrap()
            .1
            .to_owned()
    };
    let pay = json!({"result": "success"});
    assert_eq!(
        shop.desk(&format!("/sim/pay/{}", pr(&first)), &pay).await,
        404
    );
    let mut other = order.clone();
    other["amount"]["total"] = json!(1);
    refused(&shop.create(&other).await, 400, "INVALID_REQUEST");

    let query = path::transaction(no, &shop.merchant.mchid);
    let seen = shop.call(Method::GET, &query, &Value::Null).await;
    assert_eq!(
        (seen.signed, &seen.body["trade_state"]),
        (true, &json!("NOTPAY"))
    );
    assert_eq!(
        shop.desk(&format!("/sim/pay/{}", pr(&again)), &pay).await,
        200
    );
    let seen = shop.call(Method::GET, &query, &Value::Null).await;
    assert_eq!(seen.body["trade_state"], "SUCCESS", "{}", seen.body);
    refused(&shop.create(&order).await, 400, "ORDERPAID");
    let close = json!({"mchid": shop.merchant.mchid});
    refused(
        &shop.call(Method::POST, &path::close(no), &close).await,
        400,
        "ORDERPAID",
    );
    assert_eq!(
        shop.desk(&format!("/sim/orders/{no}/pay"), &json!({}))
            .await,
        409
    );

    let unknown = path::transaction("PAY0000009", &shop.merchant.mchid);
    refused(
        &shop.call(Method::GET, &unknown, &Value::Null).await,
        404,
        "ORDER_NOT_EXIST",
    );
    let closed = shop
        .call(Method::POST, &path::close("PAY0000008"), &close)
        .await;
    assert!(closed.status == 204 && closed.signed);
    refused(
        &shop.create(&shop.order("PAY0000008")).await,
        400,
        "INVALID_REQUEST",
    );
}

#[tokio::test]
async fn money_goes_back_once_and_never_more_than_came() {
    let shop = Shop::open("refunds").await;
    shop.create(&shop.order("PAY0000001")).await;
    let refund = |no: &str, fen: i64| {
        json!({
            "out_trade_no": "PAY0000001", "out_refund_no": no, "reason": "x",
            "amount": {"refund": fen, "total": 990, "currency": "CNY"},
        })
    };
    let ask = async |body: &Value| shop.call(Method::POST, path::REFUNDS, body).await;
    refused(&ask(&refund("REF1", 990)).await, 404, "RESOURCE_NOT_EXISTS");
    shop.desk("/sim/orders/PAY0000001/pay", &json!({})).await;
    let first = ask(&refund("REF1", 600)).await;
    let again = ask(&refund("REF1", 600)).await;
    assert_eq!(
        (&first.body["status"], first.signed),
        (&json!("PROCESSING"), true)
    );
    assert_eq!(first.body["refund_id"], again.body["refund_id"]);
    refused(&ask(&refund("REF1", 601)).await, 400, "INVALID_REQUEST");
    refused(&ask(&refund("REF2", 391)).await, 400, "PARAM_ERROR");
    assert_eq!(ask(&refund("REF2", 390)).await.status, 200);
    let unknown = shop
        .call(Method::GET, &path::refund("REF3"), &Value::Null)
        .await;
    refused(&unknown, 404, "RESOURCE_NOT_EXISTS");
    for _ in 0..100 {
        let seen = shop
            .call(Method::GET, &path::refund("REF1"), &Value::Null)
            .await;
        if seen.body["status"] == "SUCCESS" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a refund settles");
}
