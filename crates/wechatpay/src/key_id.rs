use std::fmt;

/// The name of one of the company's keys, as `Wechatpay-Serial` carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyId {
    /// `PUB_KEY_ID_…`, compared exactly.
    PublicKey(String),
    /// A certificate's serial: hex, compared without regard to case and leading zeros, because the
    /// company's own libraries print it in three ways.
    Certificate(String),
}

const PUBLIC_KEY_MARK: &str = "PUB_KEY_ID_";

impl From<&str> for KeyId {
    fn from(text: &str) -> Self {
        if text.starts_with(PUBLIC_KEY_MARK) {
            Self::PublicKey(text.to_owned())
        } else {
            Self::Certificate(text.trim_start_matches('0').to_ascii_uppercase())
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicKey(id) | Self::Certificate(id) => f.write_str(id),
        }
    }
}
