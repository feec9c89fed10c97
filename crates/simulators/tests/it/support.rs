//! A merchant beside its company.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clock::{Clock, FakeClock};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulators::wechat::Wechat;
use tokio_util::sync::{CancellationToken, DropGuard};
use wechatpay::{
    ApiKey, ApiKeys, Authorization, KeyId, KeyRing, Merchant, PrivateKey, PublicKey, Signature,
    path,
};

/// A merchant and its company, a thousand times faster than the real one.
pub(crate) struct Shop {
    pub base: String,
    pub http: Client,
    pub merchant: Merchant,
    pub company: KeyRing,
    pub api: ApiKeys,
    pub clock: Arc<FakeClock>,
    appid: String,
    _stop: DropGuard,
}

/// A folder of its own per test; its keys are kept for the next run.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What came back.
pub(crate) struct Said {
    pub status: u16,
    pub body: Value,
    pub signed: bool,
}

impl Shop {
    pub(crate) async fn open(name: &str) -> Self {
        Self::open_with(name, 1_000).await
    }

    pub(crate) async fn open_with(name: &str, time_scale: u32) -> Self {
        let dir = folder(name);
        let listen = "127.0.0.1:0".parse().unwrap();
        let clock = FakeClock::at_real_time();
        let shared = Arc::<FakeClock>::clone(&clock);
        let wechat = Wechat::bind(listen, &dir, shared, time_scale)
            .await
            .unwrap();
        let client = wechat.client().clone();
        let base = format!("http://{}", wechat.address());
        let stop = CancellationToken::new();
        tokio::spawn(wechat.run(stop.clone()));
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        let public = PublicKey::from_pem(&read(&client.public_key)).unwrap();
        Self {
            base,
            http: Client::builder()
                .timeout(Duration::from_secs(5))
                .build()
                .unwrap(),
            merchant: Merchant {
                mchid: client.mchid,
                serial: client.merchant_serial,
                key: PrivateKey::from_pem(&read(&client.merchant_key)).unwrap(),
            },
            company: KeyRing::default().with(KeyId::from(client.public_key_id.as_str()), public),
            api: ApiKeys {
                current: ApiKey::new(&client.api_v3_key).unwrap(),
                previous: None,
            },
            clock,
            appid: client.appid,
            _stop: stop.drop_guard(),
        }
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1_000
    }

    pub(crate) fn order(&self, no: &str) -> Value {
        json!({
            "appid": self.appid, "mchid": self.merchant.mchid, "description": "订单",
            "out_trade_no": no, "notify_url": "http://127.0.0.1:9/notify",
            "amount": {"total": 990, "currency": "CNY"},
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
            .http
            .request(method, format!("{}{target}", self.base))
            .header("user-agent", "test")
            .header("authorization", signed)
            .body(body.to_owned());
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.unwrap();
        let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let now_s = self.now_s();
        let signature = Signature::from_headers(get);
        let signed =
            signature.is_ok_and(|signature| self.company.verify(signature, &bytes, now_s).is_ok());
        Said {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            signed,
        }
    }

    pub(crate) async fn call(&self, method: Method, target: &str, body: &Value) -> Said {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let now_s = self.now_s();
        let signed = self.authorize(&method, target, &body, now_s).to_string();
        self.send(method, target, &body, &signed).await
    }

    pub(crate) async fn create(&self, order: &Value) -> Said {
        self.call(Method::POST, path::NATIVE, order).await
    }

    /// How often `kind` happened to the number.
    pub(crate) async fn count(&self, no: &str, kind: &str) -> usize {
        let url = format!("{}/sim/journal?out_trade_no={no}", self.base);
        let answer = self.http.get(url).send().await.unwrap();
        let journal: Value = answer.json().await.unwrap();
        let events = journal["events"].as_array().unwrap();
        events.iter().filter(|event| event["kind"] == kind).count()
    }

    pub(crate) async fn desk(&self, path: &str, body: &Value) -> u16 {
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        request.send().await.unwrap().status().as_u16()
    }
}

#[track_caller]
pub(crate) fn refused(said: &Said, status: u16, code: &str) {
    assert_eq!(
        (said.status, said.body["code"].as_str()),
        (status, Some(code)),
        "{}",
        said.body
    );
    assert!(!said.signed, "a refusal carries no signature");
}
