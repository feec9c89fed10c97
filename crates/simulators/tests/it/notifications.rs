use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::AbortHandle,
    time::timeout,
};
use wechatpay::{Forged, Signature, Undecryptable, header, notify::Envelope, path};

use crate::support::Shop;

const NO: &str = "PAY0000001";
const LIMIT: Duration = Duration::from_secs(10);
/// Longer than the gaps between the first attempts.
const QUIET: Duration = Duration::from_millis(400);

/// Where the company reports: it answers as told, and keeps what came.
struct Ear {
    url: String,
    came: UnboundedReceiver<(HeaderMap, Bytes)>,
    serving: AbortHandle,
}

#[derive(Clone)]
struct Mouth {
    says: UnboundedSender<(HeaderMap, Bytes)>,
    refuses: Arc<AtomicI32>,
}

async fn hear(State(mouth): State<Mouth>, headers: HeaderMap, body: Bytes) -> StatusCode {
    mouth.says.send((headers, body)).unwrap();
    let left = mouth.refuses.fetch_sub(1, Ordering::SeqCst);
    if left > 0 {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    }
}

/// A notification as a careful merchant reads it.
struct Heard {
    believed: Result<(), Forged>,
    envelope: Envelope,
    plain: Result<Value, Undecryptable>,
    headers: HashMap<&'static str, String>,
}

impl Ear {
    /// Refuses the first `refuses` notifications.
    async fn open(refuses: i32) -> Self {
        let (says, came) = unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let mouth = Mouth {
            says,
            refuses: Arc::new(refuses.into()),
        };
        let router = Router::new().route("/notify", post(hear)).with_state(mouth);
        let serving = tokio::spawn(async { axum::serve(listener, router).await });
        Self {
            url,
            came,
            serving: serving.abort_handle(),
        }
    }

    async fn next(&mut self, shop: &Shop) -> Heard {
        let came = timeout(LIMIT, self.came.recv()).await.unwrap();
        let (headers, body) = came.unwrap();
        let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = Signature::from_headers(get).unwrap();
        let envelope: Envelope = serde_json::from_slice(&body).unwrap();
        let opened = shop.api.open(&envelope.resource);
        let names = [header::SIGNATURE, header::NONCE, header::SERIAL];
        Heard {
            believed: shop.company.verify(signature, &body, shop.now_s()),
            plain: opened.map(|(plain, _)| serde_json::from_slice(&plain).unwrap()),
            envelope,
            headers: names
                .map(|name| (name, get(name).unwrap().to_owned()))
                .into(),
        }
    }

    async fn hears_nothing(&mut self) {
        let more = timeout(QUIET, self.came.recv()).await;
        assert!(more.is_err(), "one too many");
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A paid order whose notifications arrive at `ear`, with something that goes wrong.
async fn pay(shop: &Shop, ear: &Ear, no: &str, fault: &Value) {
    let mut order = shop.order(no);
    order["notify_url"] = json!(ear.url);
    assert_eq!(shop.create(&order).await.status, 200);
    if !fault.is_null() {
        assert_eq!(shop.desk("/sim/faults", fault).await, 200);
    }
    let paid = shop
        .desk(&format!("/sim/orders/{no}/pay"), &json!({}))
        .await;
    assert_eq!(paid, 200);
}

fn once(fault: &str) -> Value {
    json!({"match": {"route": "notify"}, "fault": fault})
}

#[tokio::test]
async fn a_payment_is_reported_until_it_is_acknowledged() {
    let shop = Shop::open("reported").await;
    let mut ear = Ear::open(2).await;
    pay(&shop, &ear, NO, &Value::Null).await;
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(ear.next(&shop).await);
    }
    ear.hears_nothing().await;
    for heard in &heard {
        assert_eq!(heard.believed, Ok(()));
        let plain = heard.plain.as_ref().unwrap();
        assert_eq!(
            (&plain["out_trade_no"], &plain["trade_state"]),
            (&json!(NO), &json!("SUCCESS"))
        );
        assert_eq!(plain["mchid"], json!(shop.merchant.mchid));
        assert_eq!(
            (&plain["amount"]["total"], &plain["trade_type"]),
            (&json!(990), &json!("NATIVE"))
        );
        let envelope = &heard.envelope;
        assert_eq!(
            (
                envelope.event_type.as_str(),
                envelope.resource_type.as_str()
            ),
            ("TRANSACTION.SUCCESS", "encrypt-resource")
        );
        assert_eq!(envelope.resource.original_type, "transaction");
        assert!(heard.headers[header::SERIAL].starts_with("PUB_KEY_ID_"));
    }
    // The same event under another signature and another seal.
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        let (one, other) = (&heard[one], &heard[other]);
        assert_eq!(one.envelope.id, other.envelope.id);
        assert_eq!(one.plain, other.plain);
        assert_ne!(one.envelope.resource.nonce, other.envelope.resource.nonce);
        for name in [header::SIGNATURE, header::NONCE] {
            assert_ne!(one.headers[name], other.headers[name]);
        }
    }
    assert_eq!(shop.count(NO, "notification.refused").await, 2);
    assert_eq!(shop.count(NO, "notification.accepted").await, 1);
}

#[tokio::test]
async fn nobody_is_told_what_did_not_happen() {
    let shop = Shop::open("untold").await;
    let mut ear = Ear::open(0).await;
    let mut order = shop.order(NO);
    order["notify_url"] = json!(ear.url);
    let opened = shop.create(&order).await;
    let pr = opened.body["code_url"].as_str().unwrap();
    let pay = format!("/sim/pay/{}", pr.rsplit_once('=').unwrap().1);
    for result in ["cancel", "fail"] {
        assert_eq!(shop.desk(&pay, &json!({"result": result})).await, 200);
    }
    let close = json!({"mchid": shop.merchant.mchid});
    let closed = shop.call(Method::POST, &path::close(NO), &close).await;
    assert_eq!(closed.status, 204);
    assert_eq!(shop.desk(&pay, &json!({"result": "success"})).await, 409);
    ear.hears_nothing().await;
}

#[tokio::test]
async fn a_refund_is_reported_when_it_is_settled() {
    let shop = Shop::open("refund-reported").await;
    for (no, fault, event, status) in [
        ("PAY0000001", None, "REFUND.SUCCESS", "SUCCESS"),
        (
            "PAY0000002",
            Some("abnormal"),
            "REFUND.ABNORMAL",
            "ABNORMAL",
        ),
    ] {
        let mut ear = Ear::open(0).await;
        pay(&shop, &ear, no, &Value::Null).await;
        ear.next(&shop).await;
        if let Some(fault) = fault {
            let fault = json!({"match": {"route": "refund"}, "fault": fault});
            assert_eq!(shop.desk("/sim/faults", &fault).await, 200);
        }
        let refund = json!({
            "out_trade_no": no, "out_refund_no": no.replace("PAY", "REF"), "notify_url": ear.url,
            "amount": {"refund": 990, "total": 990, "currency": "CNY"},
        });
        // Asked for twice it is settled, and reported, once.
        for _ in 0..2 {
            let taken = shop.call(Method::POST, path::REFUNDS, &refund).await;
            assert_eq!(taken.body["status"], "PROCESSING");
        }
        let heard = ear.next(&shop).await;
        ear.hears_nothing().await;
        assert_eq!(
            (heard.believed, heard.envelope.event_type.as_str()),
            (Ok(()), event)
        );
        assert_eq!(heard.envelope.resource.original_type, "refund");
        let plain = heard.plain.unwrap();
        assert_eq!(plain["refund_status"], status);
        assert_eq!(plain["out_refund_no"], refund["out_refund_no"]);
        assert_eq!(plain["amount"]["refund"], 990);
        assert_eq!(plain["success_time"].is_null(), fault.is_some());
    }
}

#[tokio::test]
async fn what_is_to_go_wrong_goes_wrong_once() {
    let shop = Shop::open("spoiled").await;
    for (index, fault, believed, field, value) in [
        (1, "bad_sig", Some(Forged::Wrong), "mchid", None),
        (2, "signtest", Some(Forged::Probe), "mchid", None),
        (3, "wrong_amount", None, "amount", Some(json!(1))),
        (4, "wrong_mchid", None, "mchid", Some(json!("1"))),
        (5, "wrong_appid", None, "appid", Some(json!("wx1"))),
    ] {
        // The first one is refused, so that a true one follows.
        let mut ear = Ear::open(1).await;
        pay(&shop, &ear, &format!("PAY000000{index}"), &once(fault)).await;
        let (spoiled, good) = (ear.next(&shop).await, ear.next(&shop).await);
        assert_eq!(spoiled.believed.err(), believed, "{fault}");
        assert_eq!(good.believed, Ok(()));
        let (spoiled, good) = (spoiled.plain.unwrap(), good.plain.unwrap());
        let same = spoiled == good;
        assert_eq!(same, value.is_none(), "{fault}");
        if let Some(value) = value {
            let is = &spoiled[field];
            assert_eq!(is.get("total").unwrap_or(is), &value, "{fault}");
        }
    }
    let mut ear = Ear::open(1).await;
    pay(&shop, &ear, "PAY0000006", &once("wrong_api_v3_key")).await;
    let (spoiled, good) = (ear.next(&shop).await, ear.next(&shop).await);
    assert_eq!(
        (spoiled.believed, spoiled.plain.err()),
        (Ok(()), Some(Undecryptable::Tag))
    );
    assert!(good.plain.is_ok());
}

#[tokio::test]
async fn it_is_lost_or_repeated_as_told() {
    let shop = Shop::open("repeated").await;
    let mut ear = Ear::open(0).await;
    pay(&shop, &ear, "PAY0000001", &once("drop")).await;
    ear.hears_nothing().await;
    assert_eq!(shop.count("PAY0000001", "notification.lost").await, 1);
    for (no, fault) in [
        ("PAY0000002", "duplicate"),
        ("PAY0000003", "duplicate_parallel"),
    ] {
        let mut repeated = once(fault);
        repeated["args"] = json!({"n": 4});
        pay(&shop, &ear, no, &repeated).await;
        let first = ear.next(&shop).await;
        for _ in 1..4 {
            let again = ear.next(&shop).await;
            assert_eq!(
                (again.believed, again.envelope.id),
                (Ok(()), first.envelope.id.clone())
            );
        }
        ear.hears_nothing().await;
        assert_eq!(shop.count(no, "notification.accepted").await, 4);
    }
}
