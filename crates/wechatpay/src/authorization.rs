use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{PublicKey, request_message};

pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAuthorization {
    #[error("the scheme is not {SCHEME}")]
    Scheme,
    #[error("a field is malformed, unknown or there twice")]
    Field,
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// The `Authorization` header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub mchid: String,
    pub nonce: String,
    /// Unix seconds, as written.
    pub timestamp: String,
    /// Of the merchant's API certificate.
    pub serial: String,
    /// Base64.
    pub signature: String,
}

impl Authorization {
    /// Whether `key`'s owner signed this request.
    pub fn is_by(&self, key: &PublicKey, method: &str, target: &str, body: &[u8]) -> bool {
        let message = request_message(method, target, &self.timestamp, &self.nonce, body);
        BASE64_STANDARD
            .decode(&self.signature)
            .is_ok_and(|signature| key.verifies(&message, &signature))
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{SCHEME} mchid=\"{}\",nonce_str=\"{}\",timestamp=\"{}\",serial_no=\"{}\",\
             signature=\"{}\"",
            self.mchid, self.nonce, self.timestamp, self.serial, self.signature
        )
    }
}

impl FromStr for Authorization {
    type Err = BadAuthorization;

    fn from_str(text: &str) -> Result<Self, BadAuthorization> {
        let fields = text
            .strip_prefix(SCHEME)
            .and_then(|rest| rest.strip_prefix(' '));
        let mut found: [Option<String>; 5] = Default::default();
        const NAMES: [&str; 5] = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"];
        for field in fields.ok_or(BadAuthorization::Scheme)?.split(',') {
            let (name, value) = field.split_once('=').ok_or(BadAuthorization::Field)?;
            let value = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'));
            let slot = NAMES
                .iter()
                .zip(&mut found)
                .find(|(known, _)| **known == name);
            match (slot, value) {
                (Some((_, slot @ None)), Some(value)) => *slot = Some(value.to_owned()),
                _ => return Err(BadAuthorization::Field),
            }
        }
        let [mchid, nonce, timestamp, serial, signature] = found;
        let need = |value: Option<String>, name| value.ok_or(BadAuthorization::Missing(name));
        Ok(Self {
            mchid: need(mchid, "mchid")?,
            nonce: need(nonce, "nonce_str")?,
            timestamp: need(timestamp, "timestamp")?,
            serial: need(serial, "serial_no")?,
            signature: need(signature, "signature")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fields in prop::array::uniform5("[0-9A-Za-z+/=]{1,40}")) {
            let [mchid, nonce, timestamp, serial, signature] = fields;
            let written = Authorization { mchid, nonce, timestamp, serial, signature };
            prop_assert_eq!(written.to_string().parse(), Ok(written));
        }

        #[test]
        fn nothing_panics(text in ".*", fields in ".*") {
            let _ = text.parse::<Authorization>();
            let _ = format!("{SCHEME} {fields}").parse::<Authorization>();
        }
    }

    #[test]
    fn a_field_twice_or_missing_is_refused() {
        let parse = |text: &str| text.parse::<Authorization>().unwrap_err();
        assert_eq!(parse("Bearer x"), BadAuthorization::Scheme);
        assert_eq!(
            parse(&format!("{SCHEME} mchid=\"1\",mchid=\"1\"")),
            BadAuthorization::Field
        );
        let rest = "nonce_str=\"1\",timestamp=\"1\",serial_no=\"1\",signature=\"1\"";
        assert_eq!(
            parse(&format!("{SCHEME} {rest}")),
            BadAuthorization::Missing("mchid")
        );
    }
}
