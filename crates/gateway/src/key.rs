//! The `Idempotency-Key` of a purchase, as the fleet keeps it.

use std::fmt::{Display, Write};

use aws_lc_rs::digest::{Context, SHA256};
use axum::http::HeaderMap;

use crate::refusal::Refusal;

const KEY_BYTES_MAX: usize = 64;
/// Of the hash: as good as unique, and short in every slot.
const HASH_BYTES: usize = 16;

/// What stands for the caller's key; empty without one. It is bound to the user and to what is
/// asked, so that one client's `1` is not another's.
pub(crate) fn request_key(
    headers: &HeaderMap,
    user: i64,
    what: impl Display,
) -> Result<String, Refusal> {
    let sent = headers
        .get("idempotency-key")
        .or_else(|| headers.get("x-idempotency-key"));
    let Some(sent) = sent else {
        return Ok(String::new());
    };
    let key = sent.as_bytes();
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.iter().all(u8::is_ascii_graphic) {
        return Err(Refusal::bad(
            "Idempotency-Key has 1 to 64 visible ASCII characters",
        ));
    }
    let mut hash = Context::new(&SHA256);
    for part in [
        user.to_string().as_bytes(),
        what.to_string().as_bytes(),
        key,
    ] {
        hash.update(part);
        // None of the parts holds it.
        hash.update(&[0]);
    }
    let mut name = String::with_capacity(2 * HASH_BYTES);
    for byte in hash.finish().as_ref().iter().take(HASH_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

/// As [`request_key`], and there has to be one: what moves money is not asked for twice by chance.
pub(crate) fn required_key(
    headers: &HeaderMap,
    user: i64,
    what: impl Display,
) -> Result<String, Refusal> {
    let key = request_key(headers, user, what)?;
    if key.is_empty() {
        return Err(Refusal::bad("Idempotency-Key is required"));
    }
    Ok(key)
}

/// The caller's key itself, where it names what is made.
pub(crate) fn plain_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let key = headers
        .get("idempotency-key")
        .or_else(|| headers.get("x-idempotency-key"))
        .and_then(|key| key.to_str().ok())
        .unwrap_or_default();
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refusal::bad(
            "Idempotency-Key is required and has 1 to 64 visible ASCII characters",
        ));
    }
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sent: &[u8], user: i64, what: &str) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        let sent = axum::http::HeaderValue::from_bytes(sent).unwrap();
        headers.insert("idempotency-key", sent);
        request_key(&headers, user, what)
    }

    #[test]
    fn a_key_is_its_users_own() {
        let mine = key(b"1", 7, "activity/3").unwrap();
        assert_eq!(mine, key(b"1", 7, "activity/3").unwrap());
        assert_eq!(mine.len(), 2 * HASH_BYTES);
        assert_ne!(mine, key(b"1", 8, "activity/3").unwrap());
        assert_ne!(mine, key(b"1", 7, "activity/4").unwrap());
        assert_eq!(request_key(&HeaderMap::new(), 7, "activity/3").unwrap(), "");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for sent in [&b""[..], b"a b", "键".as_bytes(), &[b'x'; 65]] {
            assert!(key(sent, 7, "activity/3").is_err(), "{sent:?}");
        }
    }
}
