//! The other side of the counter.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::told::{Told, pr};

const NO: &str = "PAY0000001";

#[tokio::test]
async fn the_payer_sees_what_is_paid_for_and_decides() {
    let shop = Told::open("payer").await;
    let mut order = shop.order(NO);
    order["description"] = json!("<script>1 & 2</script>");
    let code = shop.create(&order).await;
    let url = code.body["code_url"].as_str().unwrap();
    let page = format!("{}/sim/pay", shop.base);
    let page = Url::parse_with_params(&page, [("code_url", url)]).unwrap();
    let page = shop.http.get(page).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(
        page.contains("¥9.90") && page.contains("Scan and pay"),
        "{page}"
    );
    assert!(
        !page.contains("<script>1"),
        "nothing of the order's is markup: {page}"
    );
    let (status, listed) = shop.page("/sim/").await;
    assert!(
        status == 200 && listed.contains(NO) && listed.contains("NOTPAY"),
        "{listed}"
    );

    for decision in ["fail", "cancel"] {
        assert_eq!(shop.scan(pr(&code), decision).await, 200);
        assert_eq!(
            shop.query(NO).await.body["trade_state"],
            "NOTPAY",
            "{decision}"
        );
    }
    assert_eq!(shop.scan(pr(&code), "success").await, 200);
    assert!(shop.page("/sim/").await.1.contains("SUCCESS"));
    assert_eq!(shop.scan("SIMnothing", "success").await, 404);
    assert_eq!(shop.page("/sim/pay?code_url=SIMnothing").await.0, 404);
}

#[tokio::test]
async fn an_order_is_paid_by_its_number_too() {
    let shop = Told::open("by-number").await;
    shop.create(&shop.order(NO)).await;
    let bare = shop.http.post(format!("{}/sim/orders/{NO}/pay", shop.base));
    assert_eq!(bare.send().await.unwrap().status(), 200, "without a body");
    assert_eq!(shop.pay(NO, &json!({})).await, 409, "once");
    assert_eq!(shop.pay("PAY0000009", &json!({})).await, 404);
    let seen = shop.json(&format!("/sim/orders/{NO}")).await;
    assert_eq!(seen["transaction"]["trade_state"], "SUCCESS");
    assert_eq!(shop.page("/sim/orders/PAY0000009").await.0, 404);

    let no = "PAY0000002";
    shop.create(&shop.order(no)).await;
    for fen in [0, -1] {
        assert_eq!(shop.pay(no, &json!({"amount": fen})).await, 400);
    }
    assert_eq!(shop.pay(no, &json!({"amount": 1})).await, 200);
    assert_eq!(shop.query(no).await.body["amount"]["total"], 1);
    let told = shop.hears(no, 1).await;
    assert_eq!(told[0].plain["amount"]["total"], 1);
}

#[tokio::test]
async fn the_journal_tells_what_happened_in_order() {
    let shop = Told::open("journal").await;
    let code = shop.create(&shop.order(NO)).await;
    shop.send(
        Method::GET,
        "/v3/pay/transactions/out-trade-no/PAY0000001",
        "",
        "x",
    )
    .await;
    shop.query(NO).await;
    shop.scan(pr(&code), "success").await;
    shop.hears(NO, 1).await;
    shop.close(NO).await;
    let kinds = shop.kinds(NO).await;
    let expected = [
        "order.opened",
        "call.answered",
        "request.refused",
        "call.answered",
        "order.paid",
        "notification.accepted",
        "call.refused",
    ];
    assert_eq!(kinds, expected);
    shop.call(Method::POST, "/v3/nowhere", &Value::Null).await;
    let all = shop.json("/sim/journal").await;
    let last = all["events"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["facts"]["status"]),
        (&json!("request.refused"), &json!(404))
    );
    assert_eq!(shop.json(&format!("/sim/orders/{NO}")).await["notified"], 1);
}

#[tokio::test]
async fn a_misspelt_fault_is_not_taken() {
    let shop = Told::open("misspelt").await;
    for rule in [
        json!({"fault": "no_such_fault"}),
        json!({"fault": "drop", "match": {"number": "x"}}),
        json!({"fault": "drop", "time": 2}),
        json!({}),
    ] {
        assert_eq!(shop.desk("/sim/faults", &rule).await, 422, "{rule}");
    }
    let rule = json!({"fault": "drop", "match": {"out_trade_no": "PAY0000009"}});
    for _ in 0..1_000 {
        shop.fault(&rule).await;
    }
    assert_eq!(
        shop.desk("/sim/faults", &rule).await,
        409,
        "there is a bound"
    );
}
