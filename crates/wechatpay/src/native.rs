//! Bodies about payments. Amounts are integer fen.

use serde::{Deserialize, Serialize};

/// `POST /v3/pay/transactions/native`. The company refuses members that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeOrder {
    pub appid: String,
    pub mchid: String,
    /// Shown to the payer: at most 127 bytes, no character above U+FFFF.
    pub description: String,
    /// 6 to 32 of `[0-9A-Za-z_-|*]`, unique for the merchant.
    pub out_trade_no: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_expire: Option<String>,
    /// Comes back with the paid transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach: Option<String>,
    pub notify_url: String,
    pub amount: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    pub total: i64,
    #[serde(default = "yuan")]
    pub currency: String,
}

fn yuan() -> String {
    "CNY".to_owned()
}

impl Amount {
    pub fn fen(total: i64) -> Self {
        Self {
            total,
            currency: yuan(),
        }
    }
}

/// What the QR code holds; valid for two hours, and void once another was made for its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUrl {
    pub code_url: String,
}

/// The body of a close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    pub mchid: String,
}

/// A payment, in queries and in notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub appid: String,
    pub mchid: String,
    pub out_trade_no: String,
    /// The company's number, once paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_type: Option<String>,
    pub trade_state: TradeState,
    #[serde(default)]
    pub trade_state_desc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<PaidAmount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    pub openid: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidAmount {
    /// What the merchant asked for.
    pub total: i64,
    /// What was left after the company's own coupons.
    #[serde(default)]
    pub payer_total: i64,
    #[serde(default = "yuan")]
    pub currency: String,
    #[serde(default = "yuan")]
    pub payer_currency: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum TradeState {
    NotPay,
    Success,
    Closed,
    /// Paid, and at least one refund was taken up.
    Refund,
    /// One that Native payments do not have.
    Other(String),
}

impl From<String> for TradeState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "NOTPAY" => Self::NotPay,
            "SUCCESS" => Self::Success,
            "CLOSED" => Self::Closed,
            "REFUND" => Self::Refund,
            _ => Self::Other(text),
        }
    }
}

impl From<TradeState> for String {
    fn from(state: TradeState) -> Self {
        match state {
            TradeState::NotPay => "NOTPAY".into(),
            TradeState::Success => "SUCCESS".into(),
            TradeState::Closed => "CLOSED".into(),
            TradeState::Refund => "REFUND".into(),
            TradeState::Other(text) => text,
        }
    }
}
