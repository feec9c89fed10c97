//! Whether the company said what it seems to have said.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{KeyId, PublicKey, answer_message};

/// Seconds that a signature may be off, either way.
pub const WINDOW_S: i64 = 300;
pub const SIGNATURE_TYPE: &str = "WECHATPAY2-SHA256-RSA2048";
/// The company tests now and then whether we look at all.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The names of a signature's headers, in lower case.
pub mod header {
    pub const TIMESTAMP: &str = "wechatpay-timestamp";
    pub const NONCE: &str = "wechatpay-nonce";
    pub const SIGNATURE: &str = "wechatpay-signature";
    pub const SERIAL: &str = "wechatpay-serial";
    pub const SIGNATURE_TYPE: &str = "wechatpay-signature-type";
}

/// Why something is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the timestamp is not a number")]
    Timestamp,
    #[error("signed {0} s away from now")]
    Stale(i64),
    #[error("signed as {0}, which is not the type there is")]
    Type(String),
    #[error("signed with the key {0}, which we do not have")]
    UnknownKey(KeyId),
    #[error("a probe, signed wrongly on purpose")]
    Probe,
    #[error("the signature is not base64")]
    NotBase64,
    #[error("the signature is not the company's")]
    Wrong,
}

/// A signature's headers.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
    serial: &'a str,
}

impl<'a> Signature<'a> {
    /// `get` answers a header by its lower-case name.
    pub fn from_headers(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Forged> {
        let need = |name| {
            get(name)
                .filter(|value| !value.is_empty())
                .ok_or(Forged::Missing(name))
        };
        if let Some(other) = get(header::SIGNATURE_TYPE).filter(|kind| *kind != SIGNATURE_TYPE) {
            return Err(Forged::Type(other.to_owned()));
        }
        Ok(Self {
            timestamp: need(header::TIMESTAMP)?,
            nonce: need(header::NONCE)?,
            signature: need(header::SIGNATURE)?,
            serial: need(header::SERIAL)?,
        })
    }
}

/// The company's keys by name: one of them is tried, never all.
#[derive(Debug, Clone, Default)]
pub struct KeyRing(HashMap<KeyId, PublicKey>);

impl KeyRing {
    #[must_use]
    pub fn with(mut self, id: KeyId, key: PublicKey) -> Self {
        self.0.insert(id, key);
        self
    }

    /// `body` is the bytes as they came.
    pub fn verify(&self, signed: Signature<'_>, body: &[u8], now_s: i64) -> Result<(), Forged> {
        let at_s: i64 = signed.timestamp.parse().map_err(|_| Forged::Timestamp)?;
        let away_s = now_s.saturating_sub(at_s);
        if away_s.saturating_abs() > WINDOW_S {
            return Err(Forged::Stale(away_s));
        }
        let id = KeyId::from(signed.serial);
        let Some(key) = self.0.get(&id) else {
            return Err(Forged::UnknownKey(id));
        };
        if signed.signature.starts_with(PROBE) {
            return Err(Forged::Probe);
        }
        let signature = BASE64_STANDARD
            .decode(signed.signature)
            .map_err(|_| Forged::NotBase64)?;
        let message = answer_message(signed.timestamp, signed.nonce, body);
        if key.verifies(&message, &signature) {
            Ok(())
        } else {
            Err(Forged::Wrong)
        }
    }
}
