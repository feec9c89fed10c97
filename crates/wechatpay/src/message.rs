//! The texts that are signed, and the nonce in them.

use rand::{Rng, distr::Alphanumeric};

const NONCE_CHARS: usize = 32;

/// What a merchant signs. `target` is path and query exactly as they go on the wire; `body` is
/// empty when nothing is sent.
pub fn request_message(
    method: &str,
    target: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> Vec<u8> {
    lines(&[
        method.as_bytes(),
        target.as_bytes(),
        timestamp.as_bytes(),
        nonce.as_bytes(),
        body,
    ])
}

/// What the company signs, in answers and in notifications.
pub fn answer_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// Every line ends with a line feed, the last and an empty one too.
fn lines(parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        message.extend_from_slice(part);
        message.push(b'\n');
    }
    message
}

/// 32 letters and digits. `random` must be unpredictable, and no nonce may be used twice.
pub fn nonce<R: Rng + ?Sized>(random: &mut R) -> String {
    random
        .sample_iter(Alphanumeric)
        .take(NONCE_CHARS)
        .map(char::from)
        .collect()
}
