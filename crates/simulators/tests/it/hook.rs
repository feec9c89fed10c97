//! Where the merchant is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use clock::SharedClock;
use serde_json::Value;
use tokio::net::TcpListener;
use wechatpay::{ApiKeys, Forged, KeyRing, Signature, Undecryptable, header, notify::Envelope};

/// One notification, as it was found.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) believed: Result<(), Forged>,
    pub(crate) nonce: String,
    pub(crate) envelope: Envelope,
    pub(crate) plain: Result<Value, Undecryptable>,
}

/// What a merchant needs to read one.
pub(crate) struct Reading {
    pub(crate) company: KeyRing,
    pub(crate) keys: ApiKeys,
    pub(crate) clock: SharedClock,
}

/// Good ones are acknowledged, except as `answers` says.
#[derive(Clone)]
pub(crate) struct Hook {
    reading: Arc<Reading>,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Hook {
    pub(crate) fn open(listener: TcpListener, reading: Reading) -> Self {
        let hook = Self {
            reading: Arc::new(reading),
            heard: Arc::default(),
            answers: Arc::default(),
        };
        let router = Router::new().fallback(hear).with_state(hook.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        hook
    }

    /// The next answers, instead of what would be right.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// Everything about `number` so far.
    pub(crate) fn heard(&self, number: &str) -> Vec<Heard> {
        let heard = self.heard.lock().unwrap();
        let about = |heard: &&Heard| match &heard.plain {
            Ok(plain) => plain["out_trade_no"] == number,
            Err(_) => true,
        };
        heard.iter().filter(about).cloned().collect()
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

    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Heard {
        let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let now_s = self.reading.clock.now_ms() / 1_000;
        let signature = Signature::from_headers(get);
        let believed =
            signature.and_then(|signature| self.reading.company.verify(signature, body, now_s));
        let envelope: Envelope = serde_json::from_slice(body).unwrap();
        let opened = self.reading.keys.open(&envelope.resource);
        Heard {
            believed,
            nonce: get(header::NONCE).unwrap().to_owned(),
            plain: opened.map(|(plain, _)| serde_json::from_slice(&plain).unwrap()),
            envelope,
        }
    }
}

async fn hear(State(hook): State<Hook>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(uri.path(), "/wechatpay/notify");
    let heard = hook.read(&headers, &body);
    let good = heard.believed.is_ok() && heard.plain.is_ok();
    hook.heard.lock().unwrap().push(heard);
    let right = if good { 200 } else { 401 };
    let status = hook.answers.lock().unwrap().pop_front().unwrap_or(right);
    StatusCode::from_u16(status).unwrap()
}
