//! The customer at WeChat's desk: the simulator's payer side.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use crate::api::poll;

#[derive(Clone)]
pub struct Desk {
    base: String,
    http: reqwest::Client,
}

impl Desk {
    pub fn new(base: impl Into<String>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            base: base.into(),
            http,
        })
    }

    /// Opens the page that the QR code leads to, and presses "pay".
    pub async fn scan_and_pay(&self, code_url: &str) -> Result<()> {
        let page =
            Url::parse_with_params(&format!("{}/sim/pay", self.base), [("code_url", code_url)])?;
        let shown = self.http.get(page).send().await?;
        ensure!(
            shown.status().is_success(),
            "the payer's page says {}",
            shown.status()
        );
        let pr = Url::parse(code_url)?
            .query_pairs()
            .find_map(|(key, value)| (key == "pr").then(|| value.into_owned()))
            .unwrap_or_default();
        self.post(&format!("/sim/pay/{pr}"), &json!({"result": "success"}))
            .await
            .map(drop)
    }

    /// Pays an order that the merchant has closed.
    pub async fn pay_in_spite_of_close(&self, payment_no: &str) -> Result<()> {
        let path = format!("/sim/orders/{payment_no}/pay");
        self.post(&path, &json!({"in_spite_of_close": true}))
            .await
            .map(drop)
    }

    /// Sends the next notification of this payment twice.
    pub async fn notify_twice(&self, payment_no: &str) -> Result<()> {
        let rule = json!({"match": {"out_trade_no": payment_no}, "fault": "duplicate", "args": {"n": 2}, "times": 1});
        self.post("/sim/faults", &rule).await.map(drop)
    }

    /// Waits until a notification of this payment was accepted.
    pub async fn notified(&self, payment_no: &str, limit: Duration) -> Result<()> {
        self.notified_times(payment_no, 1, limit).await
    }

    /// Waits until two notifications of this payment were accepted.
    pub async fn notified_twice(&self, payment_no: &str, limit: Duration) -> Result<()> {
        self.notified_times(payment_no, 2, limit).await
    }

    async fn notified_times(&self, payment_no: &str, times: usize, limit: Duration) -> Result<()> {
        poll(limit, async || {
            let accepted = self.accepted_notifications(payment_no).await?;
            Ok((accepted >= times).then_some(()))
        })
        .await
    }

    async fn accepted_notifications(&self, payment_no: &str) -> Result<usize> {
        let journal = self.journal(payment_no).await?;
        let events = journal["events"]
            .as_array()
            .or(journal.as_array())
            .cloned()
            .unwrap_or_default();
        Ok(events
            .iter()
            .filter(|event| event["kind"] == "notification.accepted")
            .count())
    }

    /// What the company knows of a number; `None`: nothing.
    pub async fn order(&self, payment_no: &str) -> Result<Option<Value>> {
        let url = format!("{}/sim/orders/{payment_no}", self.base);
        let response = self.http.get(url).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(response.error_for_status()?.json().await?))
    }

    pub async fn journal(&self, payment_no: &str) -> Result<Value> {
        let url = format!("{}/sim/journal?out_trade_no={payment_no}", self.base);
        Ok(self.http.get(url).send().await?.json().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self
            .http
            .post(format!("{}{path}", self.base))
            .json(body)
            .send()
            .await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
