use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of an answer that is not 2xx. It carries no signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refusal {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

macro_rules! codes {
    ($($variant:ident = $text:literal, $status:literal;)+) => {
        /// What a refusal's code means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($variant,)+
            Other,
        }

        impl Code {
            const KNOWN: &'static [(Self, &'static str, u16)] =
                &[$((Self::$variant, $text, $status),)+];
        }
    };
}

codes! {
    ParamError = "PARAM_ERROR", 400;
    // A rule is not met; also: the number was used with other parameters.
    InvalidRequest = "INVALID_REQUEST", 400;
    SignError = "SIGN_ERROR", 401;
    AppidMchidNotMatch = "APPID_MCHID_NOT_MATCH", 400;
    MchNotExists = "MCH_NOT_EXISTS", 400;
    OrderPaid = "ORDERPAID", 400;
    OrderClosed = "ORDER_CLOSED", 400;
    OutTradeNoUsed = "OUT_TRADE_NO_USED", 403;
    OrderNotExist = "ORDER_NOT_EXIST", 404;
    NoAuth = "NO_AUTH", 403;
    RuleLimit = "RULE_LIMIT", 403;
    NotEnough = "NOT_ENOUGH", 403;
    UserAccountAbnormal = "USER_ACCOUNT_ABNORMAL", 403;
    ResourceNotExists = "RESOURCE_NOT_EXISTS", 404;
    FrequencyLimited = "FREQUENCY_LIMITED", 429;
    SystemError = "SYSTEM_ERROR", 500;
}

impl Code {
    /// Older spellings lack the underscores; too many calls have two names.
    pub fn read(text: &str) -> Self {
        let plain = |text: &str| text.replace('_', "").to_ascii_uppercase();
        let wanted = plain(text);
        if wanted == "RATELIMITEXCEEDED" {
            return Self::FrequencyLimited;
        }
        let known = Self::KNOWN
            .iter()
            .find(|(_, name, _)| plain(name) == wanted);
        known.map_or(Self::Other, |(code, _, _)| *code)
    }

    pub fn name(self) -> &'static str {
        Self::KNOWN
            .iter()
            .find(|(code, _, _)| *code == self)
            .map_or("OTHER", |known| known.1)
    }

    /// The HTTP status that it comes with.
    pub fn status(self) -> u16 {
        Self::KNOWN
            .iter()
            .find(|(code, _, _)| *code == self)
            .map_or(400, |known| known.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_every_spelling() {
        for (code, name, status) in Code::KNOWN {
            assert_eq!(
                (Code::read(name), code.name(), code.status()),
                (*code, *name, *status)
            );
        }
        assert_eq!(Code::read("ORDER_PAID"), Code::OrderPaid);
        assert_eq!(Code::read("ordernotexist"), Code::OrderNotExist);
        assert_eq!(Code::read("RATELIMIT_EXCEEDED"), Code::FrequencyLimited);
        assert_eq!(Code::read("NEW_ONE"), Code::Other);
    }
}
