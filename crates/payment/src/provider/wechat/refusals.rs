use wechatpay::Code;

use crate::provider::Refusal;

/// What a refusal means for us, and the company's own code and message for the log.
pub(super) fn read(body: &[u8]) -> (Refusal, String, String) {
    // An answer of some proxy on the way is no JSON.
    let said: wechatpay::Refusal = serde_json::from_slice(body).unwrap_or_default();
    let refusal = match Code::read(&said.code) {
        Code::OrderPaid | Code::OutTradeNoUsed => Refusal::NumberSpent,
        Code::OrderClosed => Refusal::NumberClosed,
        Code::OrderNotExist | Code::ResourceNotExists => Refusal::NumberUnknown,
        Code::InvalidRequest | Code::RuleLimit => Refusal::RuleNotMet,
        Code::UserAccountAbnormal => Refusal::PayerAccount,
        Code::ParamError
        | Code::SignError
        | Code::AppidMchidNotMatch
        | Code::MchNotExists
        | Code::NoAuth
        | Code::NotEnough
        | Code::FrequencyLimited
        | Code::SystemError
        | Code::Other => Refusal::Other,
    };
    (refusal, said.code, said.message)
}
