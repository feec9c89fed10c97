use std::net::SocketAddr;

use http::{HeaderValue, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};

/// Where a service answers, and how much at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Calls under way; one more is told to come back.
    #[serde(deserialize_with = "concurrency")]
    pub concurrency_max: usize,
    /// No call is worked on longer before its answer begins, whatever its caller allows.
    #[serde(deserialize_with = "milliseconds")]
    pub deadline_max_ms: u64,
}

/// What proves that a caller belongs to the fleet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetConfig {
    /// Empty only where it is still to be set: no server starts with it.
    #[serde(deserialize_with = "header")]
    pub secret: SecretString,
}

impl FleetConfig {
    pub fn plain(secret: &str) -> Self {
        Self {
            secret: secret.into(),
        }
    }
}

/// Where another service is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// `http://host:port`; several of them, with commas between, are balanced, and so is a name with
    /// several addresses.
    #[serde(deserialize_with = "address")]
    pub url: String,
    /// For a call that brings no deadline of its own.
    #[serde(deserialize_with = "milliseconds")]
    pub timeout_ms: u64,
}

fn concurrency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    const MAX: usize = 100_000;
    let value = usize::deserialize(deserializer)?;
    if (1..=MAX).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format_args!(
            "between 1 and {MAX} calls at once"
        )))
    }
}

/// What `grpc-timeout` can say in milliseconds.
fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    const MAX: u64 = 99_999_999;
    let value = u64::deserialize(deserializer)?;
    if (1..=MAX).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format_args!("between 1 and {MAX} ms")))
    }
}

fn header<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let secret = SecretString::deserialize(deserializer)?;
    let text = secret.expose_secret();
    if HeaderValue::try_from(text).is_err() {
        return Err(D::Error::custom("a secret of printable ASCII letters"));
    }
    Ok(secret)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let urls = String::deserialize(deserializer)?;
    let usable = |uri: &Uri| {
        uri.scheme_str() == Some("http")
            && uri.port_u16().is_some()
            && matches!(uri.path(), "" | "/")
    };
    let mut parsed = urls.split(',').map(|url| url.trim().parse::<Uri>().ok());
    if parsed.all(|uri| uri.as_ref().is_some_and(usable)) {
        Ok(urls)
    } else {
        Err(D::Error::custom(
            "an address like http://host:port, or several with commas between",
        ))
    }
}
