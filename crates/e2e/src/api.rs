//! A client of the canonical API (and of the faces, which answer other envelopes).

use std::{fmt, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// Longer than any answer the gateway gives.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long a "busy, ask again" is asked again, as the API tells its clients to.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
}

/// What came back: the HTTP status, and the body as it is.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The business code; -1 when the body has none.
    pub fn code(&self) -> i64 {
        self.body["code"].as_i64().unwrap_or(-1)
    }

    pub fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// `data`, or the refusal as an error.
    pub fn ok(self) -> Result<Value> {
        if self.code() != 0 {
            bail!("HTTP {}: {}", self.status, self.body);
        }
        Ok(self.body["data"].clone())
    }
}

/// A user who is logged in.
#[derive(Clone)]
pub struct Account {
    pub name: String,
    pub id: i64,
    pub token: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

impl Api {
    pub fn new(base: impl Into<String>) -> Result<Self> {
        Self::within(base, TIMEOUT)
    }

    /// Gives up after `limit`.
    pub fn within(base: impl Into<String>, limit: Duration) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(limit).build()?;
        Ok(Self {
            base: base.into(),
            http,
        })
    }

    /// Asks; and again, for a while, when the answer is 503.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let asked = tokio::time::Instant::now();
        loop {
            let again = request.try_clone().context("a body that is read once")?;
            let answer = Self::answer(again).await.with_context(|| path.to_owned())?;
            let busy = answer.status == StatusCode::SERVICE_UNAVAILABLE;
            if !busy || asked.elapsed() > PATIENCE {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// A request that the others cannot make: a body that is no JSON, a token that is none.
    pub fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub async fn answer(request: reqwest::RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    pub async fn get(&self, path: &str, account: Option<&Account>) -> Result<Answer> {
        self.send(
            Method::GET,
            path,
            account.map(|a| a.token.as_str()),
            None,
            None,
        )
        .await
    }

    pub async fn post(
        &self,
        path: &str,
        account: Option<&Account>,
        body: &Value,
    ) -> Result<Answer> {
        self.send(
            Method::POST,
            path,
            account.map(|a| a.token.as_str()),
            None,
            Some(body),
        )
        .await
    }

    pub async fn put(&self, path: &str, account: Option<&Account>, body: &Value) -> Result<Answer> {
        let token = account.map(|a| a.token.as_str());
        self.send(Method::PUT, path, token, None, Some(body)).await
    }

    pub async fn register(&self, name: &str, password: &str) -> Result<Account> {
        self.sign_in("register", name, password).await
    }

    pub async fn login(&self, name: &str, password: &str) -> Result<Account> {
        self.sign_in("login", name, password).await
    }

    async fn sign_in(&self, how: &str, name: &str, password: &str) -> Result<Account> {
        let body = json!({"username": name, "password": password});
        let data = self
            .post(&format!("/api/v1/auth/{how}"), None, &body)
            .await?
            .ok()?;
        Ok(Account {
            name: name.to_owned(),
            id: data["user"]["id"]
                .as_i64()
                .or(data["id"].as_i64())
                .context("no user id")?,
            token: data["access_token"]
                .as_str()
                .context("no access token")?
                .to_owned(),
        })
    }

    /// Asks for `quantity` units of an activity.
    pub async fn reserve(
        &self,
        activity: i64,
        buyer: &Account,
        key: Option<&str>,
        quantity: i64,
    ) -> Result<Answer> {
        let path = format!("/api/v1/seckill/activities/{activity}/orders");
        let body = json!({"quantity": quantity});
        self.send(Method::POST, &path, Some(&buyer.token), key, Some(&body))
            .await
    }

    /// Polls a ticket until it is no longer processing.
    pub async fn settled_ticket(
        &self,
        buyer: &Account,
        ticket: &str,
        limit: Duration,
    ) -> Result<Value> {
        let path = format!("/api/v1/seckill/tickets/{ticket}");
        poll(limit, async || {
            let view = self.get(&path, Some(buyer)).await?.ok()?;
            Ok((view["status"] != "processing").then_some(view))
        })
        .await
        .with_context(|| format!("ticket of {}", buyer.name))
    }

    /// Polls an order until its status is `status`.
    pub async fn order_becomes(
        &self,
        buyer: &Account,
        order_no: &str,
        status: &str,
        limit: Duration,
    ) -> Result<Value> {
        let path = format!("/api/v1/orders/{order_no}");
        let mut last = Value::Null;
        poll(limit, async || {
            last = self.get(&path, Some(buyer)).await?.body;
            Ok((last["data"]["status"] == status).then(|| last["data"].clone()))
        })
        .await
        .with_context(|| format!("{order_no} did not become {status}: {last}"))
    }
}

/// Asks every 100 ms until there is an answer.
pub async fn poll<T>(
    limit: Duration,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) if tokio::time::Instant::now() >= deadline => bail!("not within {limit:?}"),
            Err(error) if tokio::time::Instant::now() >= deadline => return Err(error),
            Ok(None) | Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
