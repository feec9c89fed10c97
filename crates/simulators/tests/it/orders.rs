//! An order from its opening to its end.

use clock::FakeClock;
use serde_json::json;

use crate::support::{Shop, refused};

const NO: &str = "PAY0000001";

#[tokio::test]
async fn a_number_lives_once() {
    let shop = Shop::open("numbers").await;
    let order = shop.order(NO);
    let first = shop.create(&order).await;
    let again = shop.create(&order).await;
    assert!(first.signed && again.signed);
    assert_ne!(first.pr(), again.pr(), "the first is void");
    assert_eq!(shop.scan(first.pr(), "success").await, 404);
    let mut other = order.clone();
    other["amount"]["total"] = json!(1);
    refused(&shop.create(&other).await, 400, "INVALID_REQUEST");

    let seen = shop.query(NO).await;
    assert_eq!(
        (seen.signed, &seen.body["trade_state"]),
        (true, &json!("NOTPAY"))
    );
    assert_eq!(shop.scan(again.pr(), "success").await, 200);
    let seen = shop.query(NO).await;
    assert_eq!(seen.body["trade_state"], "SUCCESS", "{}", seen.body);
    assert_eq!(seen.body["amount"]["total"], 990);
    assert_eq!(seen.body["transaction_id"].as_str().unwrap().len(), 28);
    refused(&shop.create(&order).await, 400, "ORDERPAID");
    refused(&shop.close(NO).await, 400, "ORDERPAID");
    assert_eq!(shop.pay(NO, &json!({})).await, 409);
    refused(&shop.query("PAY0000009").await, 404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_closed_number_is_closed_for_good_and_an_unknown_one_is_burnt() {
    let shop = Shop::open("closed").await;
    let code = shop.create(&shop.order(NO)).await;
    for _ in 0..2 {
        let closed = shop.close(NO).await;
        assert!(
            closed.status == 204 && closed.signed,
            "closing may be repeated"
        );
    }
    assert_eq!(shop.query(NO).await.body["trade_state"], "CLOSED");
    refused(&shop.create(&shop.order(NO)).await, 400, "ORDER_CLOSED");
    assert_eq!(shop.scan(code.pr(), "success").await, 409);

    assert_eq!(shop.close("PAY0000008").await.status, 204);
    let burnt = shop.create(&shop.order("PAY0000008")).await;
    refused(&burnt, 400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_payer_can_be_faster_than_a_close_or_come_through_after_it() {
    let shop = Shop::open("races").await;
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
    let told = shop.hook.hears(no, 1).await;
    assert_eq!(told[0].plain.as_ref().unwrap()["trade_state"], "SUCCESS");
}

#[tokio::test]
async fn time_ends_codes_and_orders() {
    let clock = FakeClock::at_real_time();
    let shop = Shop::open_with("ends", clock.clone(), 1_000).await;
    let hours = |hours: i64| clock.advance_ms(hours * 3_600_000);
    let code = shop.create(&shop.order(NO)).await;
    hours(2);
    assert_eq!(
        shop.scan(code.pr(), "success").await,
        404,
        "the code is too old"
    );
    let code = shop.create(&shop.order(NO)).await;
    hours(7 * 24 - 2);
    assert_eq!(
        shop.query(NO).await.body["trade_state"],
        "CLOSED",
        "a week has passed"
    );
    assert_eq!(shop.scan(code.pr(), "success").await, 404);
    refused(&shop.create(&shop.order(NO)).await, 400, "ORDER_CLOSED");

    let now = clock::in_shanghai(clock::Clock::now(&*clock));
    let mut order = shop.order("PAY0000002");
    // Already over: raised to a minute.
    order["time_expire"] = json!(now.to_rfc3339());
    shop.create(&order).await;
    clock.advance_ms(59_000);
    assert_eq!(shop.query("PAY0000002").await.body["trade_state"], "NOTPAY");
    clock.advance_ms(2_000);
    assert_eq!(shop.query("PAY0000002").await.body["trade_state"], "CLOSED");
    refused(&shop.create(&order).await, 400, "ORDER_CLOSED");
}

#[tokio::test]
async fn every_sign_that_a_number_may_have_survives_the_path() {
    let shop = Shop::open("signs").await;
    let no = "PAY-_|*0001";
    assert_eq!(shop.create(&shop.order(no)).await.status, 200);
    let escaped = "PAY-_%7C%2A0001";
    assert_eq!(shop.query(escaped).await.body["out_trade_no"], no);
    assert_eq!(shop.close(escaped).await.status, 204);
    assert_eq!(shop.query(escaped).await.body["trade_state"], "CLOSED");
    refused(&shop.query("PAY%200000001").await, 400, "PARAM_ERROR");
}
