use clock::SharedClock;
use ids::{PaymentNo, RefundNo};

use super::Failure;
use crate::{
    config,
    domain::{Payment, Refund, RefundSeen, Seen},
    error::Error,
};

#[derive(Debug)]
pub(crate) struct RefundAnswer {
    pub provider_id: String,
    pub amount_fen: i64,
    pub seen: RefundSeen,
}
#[derive(Debug)]
pub(crate) struct Notice {
    pub id: String,
    pub event_type: String,
    pub headers: String,
    pub about: About,
}
#[derive(Debug)]
pub(crate) enum About {
    Payment(PaymentNotice),
    Refund(RefundNotice),
    Other,
}
#[derive(Debug)]
pub(crate) struct PaymentNotice {
    pub number: String,
    pub ours: bool,
    pub seen: Seen,
}
#[derive(Debug)]
pub(crate) struct RefundNotice {
    pub number: String,
    pub ours: bool,
    pub answer: RefundAnswer,
}
impl About {
    pub(crate) fn number(&self) -> &str {
        match self {
            Self::Payment(p) => &p.number,
            Self::Refund(r) => &r.number,
            Self::Other => "",
        }
    }
}
#[derive(Debug)]
pub(crate) struct Wechat;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub(crate) struct BadSettings;
impl Wechat {
    pub(crate) fn new(_: &config::Wechat, _: SharedClock) -> Result<Self, BadSettings> {
        unimplemented!()
    }
    pub(crate) fn opening(&self, _: &Payment) -> String {
        unimplemented!()
    }
    pub(crate) fn refunding(&self, _: &Payment, _: &Refund) -> String {
        unimplemented!()
    }
    pub(crate) async fn open(&self, _: &str) -> Result<String, Failure> {
        unimplemented!()
    }
    pub(crate) async fn query(&self, _: PaymentNo) -> Result<Seen, Failure> {
        unimplemented!()
    }
    pub(crate) async fn close(&self, _: PaymentNo) -> Result<(), Failure> {
        unimplemented!()
    }
    pub(crate) async fn refund(&self, _: &str) -> Result<RefundAnswer, Failure> {
        unimplemented!()
    }
    pub(crate) async fn query_refund(&self, _: RefundNo) -> Result<Option<RefundAnswer>, Failure> {
        unimplemented!()
    }
    pub(crate) fn read(&self, _: &[(String, String)], _: &[u8]) -> Result<Notice, Error> {
        unimplemented!()
    }
}
