//! WeChat Pay API v3, Native: what we ask and what we are told, in our own words. `transport`
//! carries it.

mod keys;
mod messages;
mod notice;
mod refusals;
mod transport;

use clock::SharedClock;
use ids::{PaymentNo, RefundNo};
use serde::de::DeserializeOwned;

use wechatpay::{Close, CodeUrl, Transaction, path};

use self::{
    keys::Keys,
    transport::{Call, Transport},
};
pub(crate) use self::{
    messages::RefundAnswer,
    notice::{About, Notice, PaymentNotice, RefundNotice},
};
use super::{Failure, Refusal};
use crate::{
    config,
    domain::{Payment, Refund, Seen},
    error::Error,
};

#[derive(Debug)]
pub(crate) struct Wechat {
    transport: Transport,
    mchid: String,
    appid: String,
    notify_url: String,
    clock: SharedClock,
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSettings {
    #[error("wechat.{key} cannot be read from its file")]
    File {
        key: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("wechat.{key} is not a key")]
    Key {
        key: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("wechat.public_key is the merchant's own: it must be the company's")]
    OwnKey,
    #[error("wechat.base_url is not an address")]
    BaseUrl,
    #[error("the HTTP client")]
    Http(#[source] reqwest::Error),
}

impl Wechat {
    pub(crate) fn new(config: &config::Wechat, clock: SharedClock) -> Result<Self, BadSettings> {
        let keys = Keys::read(config)?;
        Ok(Self {
            transport: Transport::new(config, keys, clock.clone())?,
            mchid: config.mchid.clone(),
            appid: config.appid.clone(),
            notify_url: config.notify_url.clone(),
            clock,
        })
    }

    /// What opens `payment`, to be kept: a repeat must be the same byte for byte.
    pub(crate) fn opening(&self, payment: &Payment) -> String {
        messages::to_json(&messages::native_order(
            payment,
            &self.appid,
            &self.mchid,
            &self.notify_url,
        ))
    }

    /// What gives the money back, to be kept: a repeat must be the same byte for byte.
    pub(crate) fn refunding(&self, payment: &Payment, refund: &Refund) -> String {
        messages::to_json(&messages::refund_order(payment, refund, &self.notify_url))
    }

    /// The QR code's text. Whatever was answered before for the same number is void from now on.
    pub(crate) async fn open(&self, request: &str) -> Result<String, Failure> {
        let call = Call::post("open", path::NATIVE, request);
        let answer: CodeUrl = self.ask(call).await?;
        Ok(answer.code_url)
    }

    pub(crate) async fn query(&self, no: PaymentNo) -> Result<Seen, Failure> {
        let path = path::transaction(&no.to_string(), &self.mchid);
        let transaction: Transaction = match self.ask(Call::get("query", &path)).await {
            Ok(transaction) => transaction,
            Err(failure) if failure.refusal() == Some(Refusal::NumberUnknown) => {
                return Ok(Seen::Absent);
            }
            Err(failure) => return Err(failure),
        };
        let foreign = |what| {
            Err(Failure::Foreign {
                call: "query",
                what,
            })
        };
        if transaction.mchid != self.mchid || transaction.appid != self.appid {
            return foreign("another merchant or app");
        }
        if transaction.out_trade_no != no.to_string() {
            return foreign("another number");
        }
        messages::seen(&transaction).map_err(|error| unreadable("query", error))
    }

    pub(crate) async fn close(&self, no: PaymentNo) -> Result<(), Failure> {
        let path = path::close(&no.to_string());
        let body = messages::to_json(&Close {
            mchid: self.mchid.clone(),
        });
        self.transport
            .call(Call::post("close", &path, &body))
            .await
            .map(drop)
    }

    pub(crate) async fn refund(
        &self,
        no: RefundNo,
        request: &str,
    ) -> Result<RefundAnswer, Failure> {
        const NAME: &str = "refund";
        let refund = self.ask(Call::post(NAME, path::REFUNDS, request)).await?;
        refund_answer(NAME, no, &refund)
    }

    /// None: WeChat does not know the number.
    pub(crate) async fn query_refund(&self, no: RefundNo) -> Result<Option<RefundAnswer>, Failure> {
        const NAME: &str = "query_refund";
        let path = path::refund(&no.to_string());
        match self.ask(Call::get(NAME, &path)).await {
            Ok(refund) => refund_answer(NAME, no, &refund).map(Some),
            Err(failure) if failure.refusal() == Some(Refusal::NumberUnknown) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Verifies, decrypts and reads a notification, in this order.
    pub(crate) fn read(&self, headers: &[(String, String)], body: &[u8]) -> Result<Notice, Error> {
        let now_s = self.clock.now().timestamp();
        notice::read(
            self.transport.keys(),
            (&self.appid, &self.mchid),
            headers,
            body,
            now_s,
        )
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Failure> {
        let body = self.transport.call(call).await?;
        serde_json::from_slice(&body).map_err(|error| unreadable(call.name, error))
    }
}

fn refund_answer(
    call: &'static str,
    no: RefundNo,
    refund: &wechatpay::Refund,
) -> Result<RefundAnswer, Failure> {
    if refund.out_refund_no != no.to_string() {
        let what = "another number";
        return Err(Failure::Foreign { call, what });
    }
    messages::answer(refund).map_err(|error| unreadable(call, error))
}

/// Signed and not what was expected: what happened is not known.
fn unreadable(
    call: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Failure {
    Failure::Unknown {
        call,
        cause: Box::new(error),
    }
}
