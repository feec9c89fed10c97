use std::collections::HashMap;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The key ring: tokens are signed with the active key and accepted under any of them, so that a key is
/// replaced by adding its successor, waiting for the longest life, and removing it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// By key id.
    pub keys: HashMap<String, SecretString>,
    /// The key id that signs.
    pub active: String,
    /// Whether tokens that others signed with our key are accepted when they hold only a user id and an
    /// expiry (load tests, older systems).
    pub accept_minimal_claims: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("auth.active names no key of auth.keys: {0}")]
    NoActive(String),
    #[error("key {kid} of auth.keys is shorter than {min} bytes")]
    TooShort { kid: String, min: usize },
    #[error("the key id {0} is not plain ASCII")]
    KeyId(String),
    #[error("the token library cannot verify what it signed")]
    SelfTest(#[source] jsonwebtoken::errors::Error),
}

/// As long as what HMAC-SHA256 puts out (RFC 7518, 3.2).
const KEY_BYTES_MIN: usize = 32;

/// A key in the forms that each way of using it wants.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) hmac: hmac::Key,
    pub(crate) decoding: DecodingKey,
    /// The first segment of every token that we sign with it.
    pub(crate) header: String,
}

impl Config {
    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        self.ring().map(drop).map_err(|error| error.to_string())
    }

    /// The active key first.
    pub(crate) fn ring(&self) -> Result<Vec<Key>, KeyError> {
        let mut ring = Vec::new();
        for (kid, secret) in &self.keys {
            ring.push(Key::new(kid, secret.expose_secret().as_bytes())?);
        }
        let active = ring.iter().position(|key| key.kid == self.active);
        let active = active.ok_or_else(|| KeyError::NoActive(self.active.clone()))?;
        ring.swap(0, active);
        Ok(ring)
    }
}

impl Key {
    fn new(kid: &str, secret: &[u8]) -> Result<Self, KeyError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if kid.is_empty() || !kid.bytes().all(plain) {
            return Err(KeyError::KeyId(kid.to_owned()));
        }
        if secret.len() < KEY_BYTES_MIN {
            return Err(KeyError::TooShort {
                kid: kid.to_owned(),
                min: KEY_BYTES_MIN,
            });
        }
        let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#);
        Ok(Self {
            kid: kid.to_owned(),
            hmac: hmac::Key::new(hmac::HMAC_SHA256, secret),
            decoding: DecodingKey::from_secret(secret),
            header: URL_SAFE_NO_PAD.encode(header),
        })
    }
}
