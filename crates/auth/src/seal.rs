use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Config, KeyError, ring::Key};

const TAG_BYTES: usize = 32;

/// Signs small texts that leave the fleet and come back (tickets). What is sealed is not secret.
pub struct Sealer {
    ring: Vec<Key>,
}

impl Sealer {
    pub fn new(config: &Config) -> Result<Self, KeyError> {
        Ok(Self {
            ring: config.ring()?,
        })
    }

    /// URL-safe text that [`open`](Self::open) gives back for the same purpose only.
    pub fn seal(&self, purpose: &str, payload: &[u8]) -> String {
        let mut sealed = payload.to_vec();
        if let Some(key) = self.ring.first() {
            sealed.extend_from_slice(tag(key, purpose, payload).as_ref());
        }
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// `None`: not sealed by us for this purpose.
    pub fn open(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (payload, said) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let genuine = self.ring.iter().any(|key| {
            constant_time::verify_slices_are_equal(tag(key, purpose, payload).as_ref(), said)
                .is_ok()
        });
        genuine.then(|| payload.to_vec())
    }
}

fn tag(key: &Key, purpose: &str, payload: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&key.hmac);
    // A token's signature never begins with these bytes, so one cannot stand for the other.
    context.update(b"seal\0");
    context.update(purpose.as_bytes());
    context.update(b"\0");
    context.update(payload);
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_unaltered() {
        let config = Config::of_one_key("a", "a-key-of-thirty-two-bytes-at-least");
        let sealer = Sealer::new(&config).unwrap();
        let sealed = sealer.seal("ticket", b"7/42");
        assert_eq!(
            sealer.open("ticket", &sealed).as_deref(),
            Some(b"7/42".as_slice())
        );
        assert_eq!(sealer.open("other", &sealed), None);
        let mut altered = sealed.clone().into_bytes();
        altered[0] ^= 1;
        assert_eq!(
            sealer.open("ticket", &String::from_utf8(altered).unwrap()),
            None
        );
        for nonsense in ["", "x", "!!!", &"A".repeat(42)] {
            assert_eq!(sealer.open("ticket", nonsense), None);
        }
    }
}
