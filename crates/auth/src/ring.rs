//! The key ring: which keys sign and which are believed.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// What tokens are signed with, and which are accepted.
///
/// A key is replaced in three steps, each of them on every process before the next: its successor is
/// added as `verifying`; the successor becomes `signing` and the old one `verifying`; when the longest
/// life of a token has passed, the old one becomes `retired`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// By key id. Exactly one of them signs.
    pub keys: HashMap<String, KeyConfig>,
    /// An access token that lives longer from now on is refused, whoever signed it.
    pub access_life_max_s: u64,
    /// Whether tokens of no session are accepted (load tests, older systems). Nothing can revoke them.
    pub accept_sessionless: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    pub state: KeyState,
    /// At least 32 bytes; a retired key needs none.
    #[serde(default)]
    pub secret: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Signs and verifies.
    Signing,
    /// Verifies only: not in use yet, or not any more.
    Verifying,
    /// Neither; it stands there so that its id is not taken again.
    Retired,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "auth.keys has {0} keys in state \"signing\" and needs exactly one: \
         MALL_AUTH__KEYS__<ID>__STATE=signing and MALL_AUTH__KEYS__<ID>__SECRET"
    )]
    Signing(usize),
    #[error("key {kid} of auth.keys is shorter than {min} bytes")]
    TooShort { kid: String, min: usize },
    #[error("the key id {0} is not plain ASCII")]
    KeyId(String),
    #[error("auth.access_life_max_s must be above 0")]
    Life,
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
    /// A ring of one key, which signs.
    pub fn of_one_key(kid: &str, secret: &str) -> Self {
        let key = KeyConfig {
            state: KeyState::Signing,
            secret: secret.into(),
        };
        Self {
            keys: [(kid.to_owned(), key)].into(),
            access_life_max_s: 86_400,
            accept_sessionless: true,
        }
    }

    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        if self.access_life_max_s == 0 {
            return Err(KeyError::Life.to_string());
        }
        self.ring().map(drop).map_err(|error| error.to_string())
    }

    /// What tokens are signed with.
    pub fn signing_secret(&self) -> Option<&SecretString> {
        let signs = |key: &&KeyConfig| key.state == KeyState::Signing;
        self.keys.values().find(signs).map(|key| &key.secret)
    }

    /// The signing key first; none that is retired.
    pub(crate) fn ring(&self) -> Result<Vec<Key>, KeyError> {
        let signing = |key: &&KeyConfig| key.state == KeyState::Signing;
        let count = self.keys.values().filter(signing).count();
        if count != 1 {
            return Err(KeyError::Signing(count));
        }
        let mut ring = Vec::new();
        for (kid, config) in &self.keys {
            let key = || Key::new(kid, config.secret.expose_secret().as_bytes());
            match config.state {
                KeyState::Signing => ring.insert(0, key()?),
                KeyState::Verifying => ring.push(key()?),
                KeyState::Retired => {}
            }
        }
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
