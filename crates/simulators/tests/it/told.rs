//! A merchant that listens at the address which it names.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};
use wechatpay::{Signature, notify::Envelope, path};

use crate::support::{Said, Shop};

/// One notification, believed and opened.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) envelope: Envelope,
    pub(crate) plain: Value,
}

#[derive(Clone, Default)]
struct Hook {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

pub(crate) struct Told {
    shop: Shop,
    hook: Hook,
    url: String,
    serving: AbortHandle,
}

impl Deref for Told {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hear(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    hook.heard.lock().unwrap().push((headers, body));
    let status = hook.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(status.unwrap_or(200)).unwrap()
}

impl Told {
    pub(crate) async fn open(name: &str) -> Self {
        Self::open_with(name, 1_000).await
    }

    pub(crate) async fn open_with(name: &str, time_scale: u32) -> Self {
        let hook = Hook::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let router = Router::new().fallback(hear).with_state(hook.clone());
        let serving = tokio::spawn(async { axum::serve(listener, router).await });
        Self {
            shop: Shop::open_with(name, time_scale).await,
            hook,
            url,
            serving: serving.abort_handle(),
        }
    }

    /// The next answers to notifications, instead of 200.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.hook.answers.lock().unwrap().extend(statuses);
    }

    /// Everything about `number` so far.
    pub(crate) fn heard(&self, number: &str) -> Vec<Heard> {
        let heard = self.hook.heard.lock().unwrap();
        let read = |(headers, body): &(HeaderMap, Bytes)| {
            let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            let signature = Signature::from_headers(get).unwrap();
            let believed = self.company.verify(signature, body, self.now_s());
            assert_eq!(believed, Ok(()));
            let envelope: Envelope = serde_json::from_slice(body).unwrap();
            let (plain, _) = self.api.open(&envelope.resource).unwrap();
            let plain = serde_json::from_slice(&plain).unwrap();
            Heard { envelope, plain }
        };
        let about = |heard: &Heard| heard.plain["out_trade_no"] == number;
        heard.iter().map(read).filter(about).collect()
    }

    /// Waits for so many about `number`, and then whether more come.
    pub(crate) async fn hears(&self, number: &str, times: usize) -> Vec<Heard> {
        for _ in 0..200 {
            if self.heard(number).len() >= times {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        let heard = self.heard(number);
        assert_eq!(heard.len(), times, "{heard:#?}");
        heard
    }

    pub(crate) fn order(&self, no: &str) -> Value {
        let mut order = self.shop.order(no);
        order["notify_url"] = json!(self.url);
        order
    }

    pub(crate) fn refund_of(&self, no: &str, refund_no: &str, fen: i64) -> Value {
        json!({
            "out_trade_no": no, "out_refund_no": refund_no, "notify_url": self.url,
            "amount": {"refund": fen, "total": 990, "currency": "CNY"},
        })
    }

    pub(crate) async fn query(&self, no: &str) -> Said {
        let target = path::transaction(no, &self.merchant.mchid);
        self.call(Method::GET, &target, &Value::Null).await
    }

    pub(crate) async fn close(&self, no: &str) -> Said {
        let body = json!({"mchid": self.merchant.mchid});
        self.call(Method::POST, &path::close(no), &body).await
    }

    pub(crate) async fn refund(&self, body: &Value) -> Said {
        self.call(Method::POST, path::REFUNDS, body).await
    }

    pub(crate) async fn query_refund(&self, no: &str) -> Said {
        self.call(Method::GET, &path::refund(no), &Value::Null)
            .await
    }

    /// A new order, paid.
    pub(crate) async fn paid(&self, no: &str) {
        assert_eq!(self.create(&self.order(no)).await.status, 200);
        assert_eq!(self.pay(no, &json!({})).await, 200);
    }

    pub(crate) async fn pay(&self, no: &str, how: &Value) -> u16 {
        self.desk(&format!("/sim/orders/{no}/pay"), how).await
    }

    pub(crate) async fn scan(&self, pr: &str, result: &str) -> u16 {
        let path = format!("/sim/pay/{pr}");
        self.desk(&path, &json!({"result": result})).await
    }

    /// `rule` as the control surface takes it.
    pub(crate) async fn fault(&self, rule: &Value) {
        assert_eq!(self.desk("/sim/faults", rule).await, 200, "{rule}");
    }

    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(path).await.1).unwrap()
    }

    /// What happened to a number, in order.
    pub(crate) async fn kinds(&self, no: &str) -> Vec<String> {
        let journal = self.json(&format!("/sim/journal?out_trade_no={no}")).await;
        let events = journal["events"].as_array().unwrap();
        let kind = |event: &Value| event["kind"].as_str().unwrap().to_owned();
        events.iter().map(kind).collect()
    }
}

/// What the code holds.
pub(crate) fn pr(said: &Said) -> &str {
    let url = said.body["code_url"].as_str().unwrap();
    url.strip_prefix("weixin://wxpay/bizpayurl?pr=").unwrap()
}
