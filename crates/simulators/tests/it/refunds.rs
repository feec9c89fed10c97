//! Money that goes back.

use serde_json::{Value, json};
use wechatpay::RefundNotice;

use crate::support::{Shop, refused};

const NO: &str = "PAY0000001";

#[tokio::test]
async fn money_goes_back_once_and_never_more_than_came() {
    let shop = Shop::open("refunds").await;
    let refund = |no: &str, fen: i64| shop.refund_of(NO, no, fen);
    shop.create(&shop.order(NO)).await;
    refused(
        &shop.refund(&refund("REF1", 990)).await,
        404,
        "RESOURCE_NOT_EXISTS",
    );
    assert_eq!(shop.pay(NO, &json!({})).await, 200);
    let first = shop.refund(&refund("REF1", 600)).await;
    let again = shop.refund(&refund("REF1", 600)).await;
    assert_eq!(
        (&first.body["status"], first.signed),
        (&json!("PROCESSING"), true)
    );
    assert_eq!(first.body["refund_id"], again.body["refund_id"]);
    assert_eq!(shop.query(NO).await.body["trade_state"], "REFUND");
    refused(
        &shop.refund(&refund("REF1", 601)).await,
        400,
        "INVALID_REQUEST",
    );
    refused(&shop.refund(&refund("REF2", 391)).await, 400, "PARAM_ERROR");
    assert_eq!(shop.refund(&refund("REF2", 390)).await.status, 200);
    refused(&shop.query_refund("REF3").await, 404, "RESOURCE_NOT_EXISTS");
    shop.settles("REF1", "SUCCESS").await;
    shop.settles("REF2", "SUCCESS").await;
    let desk = shop.json(&format!("/sim/orders/{NO}")).await;
    assert_eq!(desk["refunded_fen"], 990);
    // Long settled, and still the same refund.
    let again = shop.refund(&refund("REF1", 600)).await;
    assert_eq!(
        (again.status, &again.body["status"]),
        (200, &json!("SUCCESS"))
    );
}

#[tokio::test]
async fn a_settled_refund_is_told_of() {
    let shop = Shop::open("refund-notices").await;
    shop.paid(NO).await;
    shop.hook.hears(NO, 1).await;
    let asked = shop.refund_of(NO, "REF0000001", 990);
    shop.refund(&asked).await;
    let heard = shop.hook.hears(NO, 2).await;
    assert_eq!(heard[1].believed, Ok(()));
    assert_eq!(heard[1].envelope.event_type, "REFUND.SUCCESS");
    assert_eq!(heard[1].envelope.resource.original_type, "refund");
    let plain = heard[1].plain.clone().unwrap();
    assert!(
        plain.get("status").is_none(),
        "the field has another name: {plain}"
    );
    let told: RefundNotice = serde_json::from_value(plain).unwrap();
    assert_eq!(
        (
            told.out_refund_no.as_str(),
            told.amount.refund,
            told.success_time.is_some()
        ),
        ("REF0000001", 990, true)
    );
    // Asking again tells nobody again.
    shop.refund(&asked).await;
    shop.hook.hears(NO, 2).await;
}

#[tokio::test]
async fn a_malformed_refund_is_refused() {
    let shop = Shop::open("malformed-refunds").await;
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
    let shop = Shop::open("bad-refunds").await;
    for (at, (fault, status, event, refunded_fen)) in [
        ("abnormal", "ABNORMAL", "REFUND.ABNORMAL", 990),
        ("closed", "CLOSED", "REFUND.CLOSED", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let (no, refund_no) = (format!("PAY{at:07}"), format!("REF{at:07}"));
        shop.paid(&no).await;
        shop.hook.hears(&no, 1).await;
        let rule = json!({"match": {"route": "refund", "out_trade_no": no}, "fault": fault});
        shop.fault(&rule).await;
        shop.refund(&shop.refund_of(&no, &refund_no, 990)).await;
        shop.settles(&refund_no, status).await;
        let heard = shop.hook.hears(&no, 2).await;
        assert_eq!(heard[1].envelope.event_type, event);
        let desk = shop.json(&format!("/sim/orders/{no}")).await;
        assert_eq!(desk["refunded_fen"], refunded_fen, "{fault}");
    }
    let no = "PAY0000009";
    shop.paid(no).await;
    shop.fault(&json!({"fault": "processing_forever"})).await;
    shop.refund(&shop.refund_of(no, "REF0000009", 990)).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(
        shop.query_refund("REF0000009").await.body["status"],
        "PROCESSING"
    );
}
