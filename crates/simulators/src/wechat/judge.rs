//! Whether a request is the merchant's, in the order in which the company looks.

use axum::http::{HeaderMap, Method, header};
use serde_json::{Value, json};
use wechatpay::{Authorization, Code, KeyId, WINDOW_S, request_message};

use super::world::World;

const NONCE_CHARS_MAX: usize = 32;

/// A refusal: its code says its status.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) detail: Option<Value>,
}

impl Refused {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: None,
        }
    }

    /// A parameter, named as the company names it.
    pub(super) fn parameter(field: &str, issue: &str) -> Self {
        let detail = json!({"field": field, "issue": issue, "location": "body"});
        Self {
            detail: Some(detail),
            ..Self::new(Code::ParamError, format!("{field}: {issue}"))
        }
    }
}

/// One request, as it came.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    /// Path and query, as on the wire.
    pub(super) target: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl World {
    pub(super) fn judge(&self, asked: &Asked<'_>) -> Result<(), Refused> {
        let text = |name| {
            asked
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        if text(header::USER_AGENT).is_none_or(str::is_empty) {
            return Err(Refused::new(Code::InvalidRequest, "User-Agent is missing"));
        }
        let sign_error = |message: &str| Refused::new(Code::SignError, message);
        let Some(sent) = text(header::AUTHORIZATION) else {
            return Err(sign_error("Authorization is missing"));
        };
        let signed: Authorization = sent
            .parse()
            .map_err(|error| sign_error(&format!("Authorization: {error}")))?;
        let at_s: i64 = signed
            .timestamp
            .parse()
            .map_err(|_| sign_error("timestamp is no number"))?;
        if self.now_s().abs_diff(at_s) > WINDOW_S.unsigned_abs() {
            return Err(sign_error("timestamp is more than five minutes away"));
        }
        let client = &self.keys.client;
        let serial = KeyId::from(client.merchant_serial.as_str());
        if signed.mchid != client.mchid || KeyId::from(signed.serial.as_str()) != serial {
            return Err(sign_error("no such merchant or certificate"));
        }
        let method = asked.method.as_str();
        if !signed.is_by(&self.keys.merchant, method, asked.target, asked.body) {
            return Err(Refused {
                detail: Some(diagnosis(asked, &signed)),
                ..sign_error("wrong signature")
            });
        }
        if !(1..=NONCE_CHARS_MAX).contains(&signed.nonce.len()) {
            return Err(sign_error("nonce_str is malformed"));
        }
        if self.first_time(&signed.nonce) {
            Ok(())
        } else {
            Err(sign_error("nonce_str was used before"))
        }
    }

    /// Whether no believed request carried this nonce within a window. The company is said to let
    /// repeats pass; a merchant that sends them has no new signature per attempt.
    fn first_time(&self, nonce: &str) -> bool {
        let now_s = self.now_s();
        let mut state = self.state();
        if state
            .nonces
            .get(nonce)
            .is_some_and(|until_s| now_s <= *until_s)
        {
            return false;
        }
        // A timestamp may lie one window ahead, and is good for one more.
        state.nonces.insert(nonce, now_s + 2 * WINDOW_S);
        true
    }
}

/// What was verified, so that a merchant finds the difference.
fn diagnosis(asked: &Asked<'_>, signed: &Authorization) -> Value {
    const SHOWN: usize = 200;
    let (method, target) = (asked.method.as_str(), asked.target);
    let message = request_message(method, target, &signed.timestamp, &signed.nonce, asked.body);
    let text = String::from_utf8_lossy(&message);
    json!({
        "detail": {"issue": "sign not match"},
        "field": "signature",
        "location": "authorization",
        "sign_information": {
            "method": method,
            "url": target,
            "truncated_sign_message": text.chars().take(SHOWN).collect::<String>(),
            "sign_message_length": message.len(),
        },
    })
}
