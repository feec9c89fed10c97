use std::time::Duration;

use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Leaves room for the longest queue name and its suffix in the 255 bytes of AMQP.
const PREFIX_MAX: usize = 64;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `amqp://user:password@host:port/vhost`
    pub url: SecretString,
    /// Goes before every queue name.
    pub prefix: String,
    /// How long a publish waits for the broker, from the call to the last confirm.
    pub confirm_timeout_ms: u64,
}

impl Config {
    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        self.uri()?;
        if self.prefix.len() > PREFIX_MAX {
            return Err(format!("mq.prefix is longer than {PREFIX_MAX} bytes"));
        }
        if self.confirm_timeout_ms == 0 {
            return Err("mq.confirm_timeout_ms must be above 0".to_owned());
        }
        Ok(())
    }

    pub(crate) fn confirm_timeout(&self) -> Duration {
        Duration::from_millis(self.confirm_timeout_ms)
    }

    /// The address with what a silent network needs to be noticed.
    pub(crate) fn uri(&self) -> Result<AMQPUri, String> {
        const HEARTBEAT_S: u16 = 10;
        const CONNECT_TIMEOUT_MS: u64 = 5_000;
        // The parser's message may quote the password.
        let mut uri: AMQPUri = self
            .url
            .expose_secret()
            .parse()
            .map_err(|_| "mq.url is not an AMQP address".to_owned())?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        uri.query
            .connection_timeout
            .get_or_insert(CONNECT_TIMEOUT_MS);
        Ok(uri)
    }
}
