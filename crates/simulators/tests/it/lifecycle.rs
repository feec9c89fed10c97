//! What time, closes and faults do to an order.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::path;

use crate::support::{Said, Shop, refused};

const NO: &str = "PAY0000001";
const HOUR_MS: i64 = 3_600_000;

fn pr(said: &Said) -> String {
    let code_url = said.body["code_url"].as_str().unwrap();
    let pr = code_url.strip_prefix("weixin://wxpay/bizpayurl?pr=");
    pr.unwrap().to_owned()
}

async fn scan(shop: &Shop, pr: &str) -> u16 {
    let success = json!({"result": "success"});
    shop.desk(&format!("/sim/pay/{pr}"), &success).await
}

async fn query(shop: &Shop, no: &str) -> Said {
    let target = path::transaction(no, &shop.merchant.mchid);
    shop.call(Method::GET, &target, &Value::Null).await
}

async fn close(shop: &Shop, no: &str) -> Said {
    let body = json!({"mchid": shop.merchant.mchid});
    shop.call(Method::POST, &path::close(no), &body).await
}

async fn fault(shop: &Shop, route: &str, fault: &str) {
    let rule = json!({"match": {"route": route, "out_trade_no": NO}, "fault": fault});
    assert_eq!(shop.desk("/sim/faults", &rule).await, 200);
}

#[tokio::test]
async fn a_closed_number_stays_closed() {
    let shop = Shop::open("closed").await;
    let opened = shop.create(&shop.order(NO)).await;
    for _ in 0..2 {
        let closed = close(&shop, NO).await;
        assert!(closed.status == 204 && closed.signed);
    }
    assert_eq!(query(&shop, NO).await.body["trade_state"], "CLOSED");
    assert_eq!(scan(&shop, &pr(&opened)).await, 409);
    refused(&shop.create(&shop.order(NO)).await, 400, "ORDER_CLOSED");

    // Except for a payer who was confirming: the merchant has to give it back.
    let late = json!({"in_spite_of_close": true});
    let pay = format!("/sim/orders/{NO}/pay");
    assert_eq!(shop.desk(&pay, &json!({})).await, 409);
    assert_eq!(shop.desk(&pay, &late).await, 200);
    assert_eq!(query(&shop, NO).await.body["trade_state"], "SUCCESS");
    assert_eq!(shop.desk(&pay, &late).await, 409);
    refused(&close(&shop, NO).await, 400, "ORDERPAID");
}

#[tokio::test]
async fn a_code_lives_two_hours_and_is_renewed_under_its_number() {
    let shop = Shop::open("codes").await;
    let first = pr(&shop.create(&shop.order(NO)).await);
    shop.clock.advance_ms(2 * HOUR_MS - 1_000);
    let page = |pr: &str| {
        let url = format!(
            "{}/sim/pay?code_url=weixin://wxpay/bizpayurl?pr={pr}",
            shop.base
        );
        shop.http.get(url).send()
    };
    assert_eq!(page(&first).await.unwrap().status(), 200);
    shop.clock.advance_ms(1_000);
    assert_eq!(page(&first).await.unwrap().status(), 404);
    assert_eq!(scan(&shop, &first).await, 404);
    assert_eq!(query(&shop, NO).await.body["trade_state"], "NOTPAY");
    let second = pr(&shop.create(&shop.order(NO)).await);
    assert_eq!(scan(&shop, &second).await, 200);
}

#[tokio::test]
async fn an_order_ends_when_it_said_but_not_within_a_minute() {
    let shop = Shop::open("expiry").await;
    for (no, lives_s, ends_s) in [("PAY0000001", 300, 300), ("PAY0000002", 5, 60)] {
        let mut order = shop.order(no);
        let at = clock::Clock::now(&*shop.clock) + Duration::from_secs(lives_s);
        order["time_expire"] = json!(clock::in_shanghai(at).to_rfc3339());
        let opened = shop.create(&order).await;
        shop.clock.advance_ms(ends_s * 1_000 - 1_000);
        assert_eq!(query(&shop, no).await.body["trade_state"], "NOTPAY", "{no}");
        shop.clock.advance_ms(1_001);
        assert_eq!(query(&shop, no).await.body["trade_state"], "CLOSED", "{no}");
        assert_eq!(scan(&shop, &pr(&opened)).await, 409);
        refused(&shop.create(&order).await, 400, "ORDER_CLOSED");
    }
}

#[tokio::test]
async fn an_answer_goes_wrong_as_told_and_only_where() {
    let shop = Shop::open("answers").await;
    for (kind, status, carried_out) in [
        ("system_error", 500, 0),
        ("frequency_limited", 429, 0),
        ("system_error_after_commit", 500, 1),
        ("bad_sig", 200, 1),
        ("signtest", 200, 1),
    ] {
        let before = shop.count(NO, "order.opened").await;
        fault(&shop, "create", kind).await;
        // Another number, and another call, are as ever.
        let other = shop.create(&shop.order("PAY0000002")).await;
        assert!(other.status == 200 && other.signed);
        let absent = query(&shop, NO).await.status;
        assert_eq!(absent, if before == 0 { 404 } else { 200 });

        let said = shop.create(&shop.order(NO)).await;
        assert_eq!((said.status, said.signed), (status, false), "{kind}");
        let after = shop.count(NO, "order.opened").await;
        assert_eq!(after - before, carried_out, "{kind}");
    }
    let good = shop.create(&shop.order(NO)).await;
    assert!(good.status == 200 && good.signed);
}

#[tokio::test]
async fn a_lost_answer_is_lost_after_it_was_carried_out() {
    let shop = Shop::open("lost").await;
    fault(&shop, "create", "reset_after_commit").await;
    let body = shop.order(NO).to_string();
    let signed = shop.authorize(&Method::POST, path::NATIVE, &body, shop.now_s());
    let url = format!("{}{}", shop.base, path::NATIVE);
    let request = shop.http.post(url).body(body);
    let request = request
        .header("user-agent", "test")
        .header("authorization", signed.to_string());
    let answer = match request.send().await {
        Ok(answer) => answer.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(answer.is_err());
    assert_eq!(shop.count(NO, "order.opened").await, 1);
    assert_eq!(query(&shop, NO).await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn a_refund_keeps_to_its_order() {
    let shop = Shop::open("refund-bounds").await;
    shop.create(&shop.order(NO)).await;
    shop.desk(&format!("/sim/orders/{NO}/pay"), &json!({}))
        .await;
    let refund = |fen: i64, total: i64, currency: &str| {
        json!({
            "out_trade_no": NO, "out_refund_no": "REF1", "reason": "x",
            "amount": {"refund": fen, "total": total, "currency": currency},
        })
    };
    let ask = async |body: Value| shop.call(Method::POST, path::REFUNDS, &body).await;
    for wrong in [
        refund(0, 990, "CNY"),
        refund(-1, 990, "CNY"),
        refund(991, 990, "CNY"),
        refund(990, 991, "CNY"),
        refund(990, 990, "USD"),
    ] {
        refused(&ask(wrong).await, 400, "PARAM_ERROR");
    }
    fault(&shop, "refund", "processing_forever").await;
    let taken = ask(refund(990, 990, "CNY")).await;
    assert_eq!(taken.body["status"], "PROCESSING");
    // Thirty of its seconds are over.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let target = path::refund("REF1");
    let seen = shop.call(Method::GET, &target, &Value::Null).await;
    assert_eq!(seen.body["status"], "PROCESSING");
    assert_eq!(shop.count(NO, "refund.taken_up").await, 1);
    assert_eq!(shop.count(NO, "refund.settled").await, 0);
    assert_eq!(query(&shop, NO).await.body["trade_state"], "REFUND");
}
