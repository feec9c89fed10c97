use std::time::{Duration, Instant};

use clock::SharedClock;
use rand::Rng;
use reqwest::{
    Method, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, USER_AGENT},
};
use tracing::{debug, warn};

use super::{BadSettings, keys::Keys};
use crate::{
    config,
    metrics::called,
    provider::{Failure, Refusal},
};

const AGENT: &str = concat!("mall/", env!("CARGO_PKG_VERSION"));
/// Answers of the calls that we make have a few hundred bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Between attempts: full jitter under this, doubled each time …
const BACKOFF_MS: u64 = 500;
/// … up to this.
const BACKOFF_MS_MAX: u64 = 8_000;
const IDLE: Duration = Duration::from_secs(30);

/// The only place with HTTP to WeChat: signs every attempt anew, believes only signed answers, and
/// repeats what may be repeated. Every call of ours may, because its number makes it idempotent.
#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    keys: Keys,
    base: Url,
    clock: SharedClock,
    timeout: Duration,
    deadline: Duration,
    tries_max: u32,
}

/// One call, byte for byte the same at each attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// For logs and metrics.
    pub(super) name: &'static str,
    /// With its query, from the root on.
    path: &'a str,
    /// None: GET.
    body: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(super) const fn get(name: &'static str, path: &'a str) -> Self {
        Self {
            name,
            path,
            body: None,
        }
    }

    pub(super) const fn post(name: &'static str, path: &'a str, body: &'a str) -> Self {
        Self {
            name,
            path,
            body: Some(body),
        }
    }
}

/// How one attempt ended that did not end well.
enum Missed {
    /// Another attempt may do better.
    Unknown(Box<dyn std::error::Error + Send + Sync>),
    Final(Failure),
}

#[derive(Debug, thiserror::Error)]
enum Odd {
    #[error("answered with {0}")]
    Status(StatusCode),
    #[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
    TooLong,
}

impl Transport {
    pub(super) fn new(
        config: &config::Wechat,
        keys: Keys,
        clock: SharedClock,
    ) -> Result<Self, BadSettings> {
        // No redirects: a signature is for one address. No decompression: it is over the bytes as
        // sent.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(BadSettings::Http)?;
        let base = config.base_url.parse().map_err(|_| BadSettings::BaseUrl)?;
        Ok(Self {
            http,
            keys,
            base,
            clock,
            timeout: Duration::from_millis(config.timeout_ms),
            deadline: Duration::from_millis(config.deadline_ms),
            tries_max: config.tries_max,
        })
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The verified body of a 2xx answer.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Vec<u8>, Failure> {
        let started = Instant::now();
        let mut tries = 1;
        loop {
            let attempt = Instant::now();
            let left = self.deadline.saturating_sub(started.elapsed());
            let answer = self.attempt(call, self.timeout.min(left)).await;
            called(call.name, outcome(&answer), attempt.elapsed());
            let cause = match answer {
                Ok(body) => return Ok(body),
                Err(Missed::Final(failure)) => return Err(failure),
                Err(Missed::Unknown(cause)) => cause,
            };
            let pause = backoff(tries);
            if tries == self.tries_max || started.elapsed() + pause >= self.deadline {
                return Err(Failure::Unknown {
                    call: call.name,
                    cause,
                });
            }
            debug!(wechat.call = call.name, error = %cause, "tried again");
            tokio::time::sleep(pause).await;
            tries += 1;
        }
    }

    async fn attempt(&self, call: Call<'_>, timeout: Duration) -> Result<Vec<u8>, Missed> {
        let url = self
            .base
            .join(call.path)
            .map_err(|error| Missed::Unknown(error.into()))?;
        // As it goes on the wire.
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let now_s = self.clock.now().timestamp();
        let method = if call.body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let body = call.body.unwrap_or_default();
        let authorization = self
            .keys
            .authorization(method.as_str(), &target, body, now_s);
        let authorization = authorization.map_err(|error| Missed::Unknown(error.into()))?;
        let mut request = self
            .http
            .request(method, url)
            .timeout(timeout)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .header("Wechatpay-Serial", self.keys.company_id())
            .header(AUTHORIZATION, authorization);
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_owned());
        }
        let response = request
            .send()
            .await
            .map_err(|error| Missed::Unknown(error.into()))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        self.judge(call, status, &headers, body)
    }

    fn judge(
        &self,
        call: Call<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Missed> {
        let accepted = status == StatusCode::ACCEPTED;
        if status.is_success() && !accepted {
            let now_s = self.clock.now().timestamp();
            return match self.keys.verify(headers, &body, now_s) {
                Ok(()) => Ok(body),
                // It may have happened all the same.
                Err(error) => Err(Missed::Unknown(error.into())),
            };
        }
        let passing = accepted
            || status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || status.is_redirection();
        if passing {
            return Err(Missed::Unknown(Odd::Status(status).into()));
        }
        let (refusal, code, message) = super::refusals::read(&body);
        let request_id = headers.get("request-id").and_then(|id| id.to_str().ok());
        warn!(
            wechat.call = call.name,
            wechat.code = code,
            wechat.request_id = request_id,
            http.status = status.as_u16(),
            message,
            "WeChat refused a call"
        );
        let status = status.as_u16();
        Err(Missed::Final(Failure::Refused {
            call: call.name,
            refusal,
            status,
            code,
            message,
        }))
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Missed> {
    let mut body = Vec::new();
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| Missed::Unknown(error.into()))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(Missed::Unknown(Odd::TooLong.into()));
        }
        body.extend_from_slice(&chunk);
    }
}

fn backoff(tries: u32) -> Duration {
    let ceiling = BACKOFF_MS
        .saturating_mul(1 << tries.min(16))
        .min(BACKOFF_MS_MAX)
        / 2;
    Duration::from_millis(rand::rng().random_range(0..=ceiling))
}

fn outcome(answer: &Result<Vec<u8>, Missed>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(Missed::Unknown(_)) => "unknown",
        Err(Missed::Final(failure)) => match failure.refusal() {
            Some(Refusal::NumberSpent) => "number_spent",
            Some(Refusal::NumberClosed) => "number_closed",
            Some(Refusal::NumberUnknown) => "number_unknown",
            Some(Refusal::RuleNotMet) => "rule_not_met",
            Some(Refusal::PayerAccount) => "payer_account",
            Some(Refusal::Other) | None => "refused",
        },
    }
}
