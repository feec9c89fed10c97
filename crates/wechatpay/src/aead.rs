//! The seal of notifications: AES-256-GCM under the merchant's API v3 key.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// The one algorithm there is.
pub const AEAD: &str = "AEAD_AES_256_GCM";

const KEY_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API v3 key is 32 letters and digits")]
pub struct BadApiKey;

/// Why sealed data cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecryptable {
    #[error("sealed by {0}, which is not {AEAD}")]
    Algorithm(String),
    #[error("the nonce has {0} bytes, not {NONCE_LEN}")]
    Nonce(usize),
    #[error("the ciphertext is not base64")]
    NotBase64,
    #[error("sealed with another API v3 key, or altered")]
    Tag,
}

/// The merchant's API v3 key.
pub struct ApiKey(LessSafeKey);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    pub fn new(text: &str) -> Result<Self, BadApiKey> {
        let fits = text.len() == KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(BadApiKey);
        }
        let key = UnboundKey::new(&AES_256_GCM, text.as_bytes()).map_err(|_| BadApiKey)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    fn open(&self, nonce: &[u8], aad: &str, mut sealed: Vec<u8>) -> Result<Vec<u8>, Undecryptable> {
        let nonce = Nonce::try_assume_unique_for_key(nonce)
            .map_err(|_| Undecryptable::Nonce(nonce.len()))?;
        let aad = Aad::from(aad.as_bytes());
        let opened = self.0.open_in_place(nonce, aad, &mut sealed);
        opened
            .map(|plain| plain.to_vec())
            .map_err(|_| Undecryptable::Tag)
    }
}

/// The key, and the one before it: a change in the merchant console takes effect at once there.
#[derive(Debug)]
pub struct ApiKeys {
    pub current: ApiKey,
    pub previous: Option<ApiKey>,
}

impl ApiKeys {
    /// `true` beside the text: only the previous key opened it.
    pub fn open(&self, sealed: &Sealed) -> Result<(Vec<u8>, bool), Undecryptable> {
        if sealed.algorithm != AEAD {
            return Err(Undecryptable::Algorithm(sealed.algorithm.clone()));
        }
        let bytes = BASE64_STANDARD.decode(&sealed.ciphertext);
        let bytes = bytes.map_err(|_| Undecryptable::NotBase64)?;
        let (nonce, aad) = (sealed.nonce.as_bytes(), sealed.associated_data.as_deref());
        let aad = aad.unwrap_or_default();
        match (self.current.open(nonce, aad, bytes.clone()), &self.previous) {
            (Err(Undecryptable::Tag), Some(previous)) => {
                previous.open(nonce, aad, bytes).map(|plain| (plain, true))
            }
            (opened, _) => opened.map(|plain| (plain, false)),
        }
    }
}

/// The `resource` of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    #[serde(default)]
    pub original_type: String,
    pub algorithm: String,
    pub ciphertext: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated_data: Option<String>,
    pub nonce: String,
}

impl Sealed {
    /// Seals `plain`; `nonce` is 12 characters that were never used with this key.
    pub fn seal(
        key: &ApiKey,
        original_type: &str,
        nonce: &str,
        plain: &[u8],
    ) -> Result<Self, Undecryptable> {
        let mut bytes = plain.to_vec();
        let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes())
            .map_err(|_| Undecryptable::Nonce(nonce.len()))?;
        let aad = Aad::from(original_type.as_bytes());
        key.0
            .seal_in_place_append_tag(unique, aad, &mut bytes)
            .map_err(|_| Undecryptable::Tag)?;
        Ok(Self {
            original_type: original_type.to_owned(),
            algorithm: AEAD.to_owned(),
            ciphertext: BASE64_STANDARD.encode(bytes),
            associated_data: Some(original_type.to_owned()),
            nonce: nonce.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdefghijklmnopqrstuv";

    fn keys(current: &str, previous: Option<&str>) -> ApiKeys {
        ApiKeys {
            current: ApiKey::new(current).unwrap(),
            previous: previous.map(|key| ApiKey::new(key).unwrap()),
        }
    }

    #[test]
    fn either_key_opens_and_the_previous_one_says_so() {
        let sealed = Sealed::seal(
            &ApiKey::new(KEY).unwrap(),
            "transaction",
            "123456789012",
            b"x",
        );
        let sealed = sealed.unwrap();
        assert_eq!(keys(KEY, None).open(&sealed), Ok((b"x".to_vec(), false)));
        let other = "9".repeat(32);
        assert_eq!(
            keys(&other, Some(KEY)).open(&sealed),
            Ok((b"x".to_vec(), true))
        );
        assert_eq!(keys(&other, None).open(&sealed), Err(Undecryptable::Tag));
    }

    #[test]
    fn a_stranger_gets_an_error_and_no_panic() {
        let sealed = |algorithm: &str, nonce: &str, ciphertext: &str| Sealed {
            original_type: String::new(),
            algorithm: algorithm.into(),
            ciphertext: ciphertext.into(),
            associated_data: None,
            nonce: nonce.into(),
        };
        let keys = keys(KEY, None);
        let open = |sealed| keys.open(&sealed).unwrap_err();
        assert_eq!(
            open(sealed("RSA", "", "")),
            Undecryptable::Algorithm("RSA".into())
        );
        assert_eq!(open(sealed(AEAD, "short", "AAAA")), Undecryptable::Nonce(5));
        assert_eq!(
            open(sealed(AEAD, "123456789012", "*")),
            Undecryptable::NotBase64
        );
        assert_eq!(open(sealed(AEAD, "123456789012", "")), Undecryptable::Tag);
        assert!(ApiKey::new("short").is_err() && ApiKey::new(&"é".repeat(16)).is_err());
    }
}
