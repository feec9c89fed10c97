//! A merchant, its company, and the payer at the counter.

use std::{fs, path::PathBuf, time::Duration};

use clock::{SharedClock, SystemClock};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use simulators::wechat::Wechat;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use wechatpay::{
    ApiKey, ApiKeys, Authorization, KeyId, KeyRing, Merchant, PrivateKey, PublicKey, Signature,
    path,
};

use crate::hook::{Hook, Reading};

/// The company's waits are divided by this.
const TIME_SCALE: u32 = 1_000;

/// A merchant and its company.
pub(crate) struct Shop {
    pub(crate) base: String,
    pub(crate) http: Client,
    pub(crate) merchant: Merchant,
    pub(crate) hook: Hook,
    company: KeyRing,
    appid: String,
    notify_url: String,
    clock: SharedClock,
    _stop: DropGuard,
}

/// What came back.
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) signed: bool,
}

impl Said {
    /// What the code holds.
    pub(crate) fn pr(&self) -> &str {
        let url = self.body["code_url"].as_str().unwrap();
        url.strip_prefix("weixin://wxpay/bizpayurl?pr=").unwrap()
    }
}

/// A folder of its own per test; its keys are kept for the next run.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

impl Shop {
    pub(crate) async fn open(name: &str) -> Self {
        Self::open_with(name, SystemClock::shared(), TIME_SCALE).await
    }

    pub(crate) async fn open_with(name: &str, clock: SharedClock, time_scale: u32) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let listener = TcpListener::bind(any).await.unwrap();
        let notify_url = format!("http://{}/wechatpay/notify", listener.local_addr().unwrap());
        let shared = SharedClock::clone(&clock);
        let dir = folder(name);
        let wechat = Wechat::bind_for(&notify_url, any, &dir, shared, time_scale).await;
        let wechat = wechat.unwrap();
        let client = wechat.client().clone();
        let base = format!("http://{}", wechat.address());
        let stop = CancellationToken::new();
        tokio::spawn(wechat.run(stop.clone()));
        let public = fs::read_to_string(&client.public_key).unwrap();
        let public = PublicKey::from_pem(&public).unwrap();
        let company = KeyRing::default().with(KeyId::from(client.public_key_id.as_str()), public);
        let key = fs::read_to_string(&client.merchant_key).unwrap();
        let reading = Reading {
            company: company.clone(),
            keys: ApiKeys {
                current: ApiKey::new(&client.api_v3_key).unwrap(),
                previous: None,
            },
            clock: SharedClock::clone(&clock),
        };
        Self {
            base,
            http: http(),
            merchant: Merchant {
                mchid: client.mchid,
                serial: client.merchant_serial,
                key: PrivateKey::from_pem(&key).unwrap(),
            },
            hook: Hook::open(listener, reading),
            company,
            appid: client.appid,
            notify_url,
            clock,
            _stop: stop.drop_guard(),
        }
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1_000
    }

    pub(crate) fn order(&self, no: &str) -> Value {
        json!({
            "appid": self.appid, "mchid": self.merchant.mchid, "description": "订单",
            "out_trade_no": no, "notify_url": self.notify_url,
            "amount": {"total": 990, "currency": "CNY"},
        })
    }

    pub(crate) fn refund_of(&self, no: &str, refund_no: &str, fen: i64) -> Value {
        json!({
            "out_trade_no": no, "out_refund_no": refund_no, "notify_url": self.notify_url,
            "amount": {"refund": fen, "total": 990, "currency": "CNY"},
        })
    }

    pub(crate) fn authorize(
        &self,
        method: &Method,
        target: &str,
        body: &str,
        now_s: i64,
    ) -> Authorization {
        let nonce = wechatpay::nonce(&mut rand::rng());
        let body = body.as_bytes();
        self.merchant
            .authorize(method.as_str(), target, body, now_s, nonce)
            .unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        target: &str,
        body: &str,
        signed: &str,
    ) -> Said {
        let request = self
            .request(method, target)
            .header("user-agent", "test")
            .header("authorization", signed)
            .body(body.to_owned());
        self.heard(request).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{target}", self.base))
    }

    pub(crate) async fn heard(&self, request: RequestBuilder) -> reqwest::Result<Said> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        assert!(status == 404 || status == 405 || headers.contains_key("request-id"));
        let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = Signature::from_headers(get);
        let verify = |signature| self.company.verify(signature, &bytes, self.now_s());
        Ok(Said {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            signed: signature.is_ok_and(|signature| verify(signature).is_ok()),
        })
    }

    /// A signed call; `Null` is no body. `Err`: the answer was lost.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        target: &str,
        body: &Value,
    ) -> reqwest::Result<Said> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let signed = self.authorize(&method, target, &body, self.now_s());
        let request = self
            .request(method, target)
            .header("user-agent", "test")
            .header("authorization", signed.to_string())
            .body(body);
        self.heard(request).await
    }

    pub(crate) async fn call(&self, method: Method, target: &str, body: &Value) -> Said {
        self.try_call(method, target, body).await.unwrap()
    }

    pub(crate) async fn create(&self, order: &Value) -> Said {
        self.call(Method::POST, path::NATIVE, order).await
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

    /// Asks until the refund stands at `status`.
    pub(crate) async fn settles(&self, no: &str, status: &str) {
        for _ in 0..200 {
            if self.query_refund(no).await.body["status"] == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{no} never becomes {status}");
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

    pub(crate) async fn desk(&self, path: &str, body: &Value) -> u16 {
        let request = self.request(Method::POST, path).json(body);
        request.send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let answer = self.request(Method::GET, path).send().await.unwrap();
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

fn http() -> Client {
    Client::builder()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}

#[track_caller]
pub(crate) fn refused(said: &Said, status: u16, code: &str) {
    assert_eq!(
        (said.status, said.body["code"].as_str()),
        (status, Some(code)),
        "{}",
        said.body
    );
    assert!(
        said.body["message"].is_string() && !said.signed,
        "a refusal carries a message and no signature: {}",
        said.body
    );
}
