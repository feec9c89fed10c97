//! A sale in a hurry: an activity that is open now, and all its buyers at once.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result};
use futures_util::future::{join_all, try_join_all};
use serde_json::json;

use crate::api::{Account, Answer, Api, poll};

/// What a buyer was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Won {
    pub order_no: String,
    pub ticket: String,
}

/// By buyer: what each was finally told.
#[derive(Debug, Default)]
pub struct Rush {
    pub won: HashMap<i64, Won>,
    pub sold_out: Vec<i64>,
}

pub async fn buyers(api: &Api, count: usize, password: &str) -> Result<Vec<Account>> {
    let names: Vec<String> = (0..count).map(|index| format!("buyer{index}")).collect();
    let joined = names.iter().map(|name| async move {
        // An account that was made without its answer arriving is logged in to.
        match api.register(name, password).await {
            Ok(account) => Ok(account),
            Err(_) => api.login(name, password).await,
        }
    });
    try_join_all(joined).await
}

/// Where a unit of `activity` is asked for.
pub fn path(activity: i64) -> String {
    format!("/api/v1/seckill/activities/{activity}/orders")
}

/// One buyer's request for a unit, as it goes over the wire.
pub fn request(path: &str, token: &str) -> Vec<u8> {
    let parts = [
        "POST ",
        path,
        " HTTP/1.1\r\nhost: mall\r\nauthorization: Bearer ",
        token,
        "\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{\"quantity\":1}",
    ];
    parts.concat().into_bytes()
}

/// An activity of its own product, open as soon as it is warm.
pub async fn open(api: &Api, admin: &Account, units: i64, payment_window_s: i64) -> Result<i64> {
    let product = json!({"name": "rush", "price": "20.00", "stock": units * 2});
    let product = api
        .post("/api/v1/admin/products", Some(admin), &product)
        .await?
        .ok()?;
    let activity = json!({
        "product_id": product["id"], "name": "rush", "spike_price": "5.00", "spike_stock": units,
        "per_user_limit": 1, "payment_window_s": payment_window_s,
        "start_at": "2026-01-01T00:00:00Z", "end_at": "2099-01-01T00:00:00Z",
    });
    let activity = api
        .post("/api/v1/admin/seckill/activities", Some(admin), &activity)
        .await?
        .ok()?;
    activity["id"].as_i64().context("no activity id")
}

/// Every buyer asks until told "won" or "sold out", through errors and restarts.
pub async fn rush(
    api: &Api,
    activity: i64,
    buyers: &[Account],
    patience: Duration,
) -> Result<Rush> {
    let calls = buyers.iter().map(|buyer| async move {
        let answer = poll(patience, async || {
            let answer = api.reserve(activity, buyer, None, 1).await?;
            Ok(matches!(answer.code(), 0 | 60003).then_some(answer))
        })
        .await
        .with_context(|| buyer.name.clone())?;
        anyhow::Ok((buyer.id, answer))
    });
    let mut rush = Rush::default();
    for told in join_all(calls).await {
        let (buyer, answer) = told?;
        if answer.code() == 0 {
            let text = |key: &str| answer.data()[key].as_str().unwrap_or_default().to_owned();
            rush.won.insert(
                buyer,
                Won {
                    order_no: text("order_no"),
                    ticket: text("ticket"),
                },
            );
        } else {
            rush.sold_out.push(buyer);
        }
    }
    Ok(rush)
}

/// Asks until the answer is yes.
pub async fn patiently(ask: impl AsyncFnMut() -> Result<Answer>) -> Result<Answer> {
    patiently_until(Duration::from_secs(20), ask).await
}

/// The same, for as long as `limit`.
pub async fn patiently_until(
    limit: Duration,
    mut ask: impl AsyncFnMut() -> Result<Answer>,
) -> Result<Answer> {
    poll(limit, async || {
        let answer = ask().await?;
        Ok((answer.code() == 0).then_some(answer))
    })
    .await
}
