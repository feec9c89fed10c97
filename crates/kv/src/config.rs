use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::Error;

/// Where a service's keys live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `redis://[user:password@]host:port[/database]`; several, comma separated: nodes of a cluster.
    pub url: SecretString,
    /// Before every key; may be empty.
    #[serde(default)]
    pub prefix: String,
    /// For one command, the time to connect included.
    #[serde(default = "response_timeout_ms")]
    pub response_timeout_ms: u64,
}

/// Three times what a buyer's script takes in the worst second of a sale.
fn response_timeout_ms() -> u64 {
    300
}

impl Config {
    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        self.nodes()
            .map_err(|_| "kv.url is not a list of Redis addresses".to_owned())?;
        if self.response_timeout_ms == 0 {
            return Err("kv.response_timeout_ms must be above 0".to_owned());
        }
        Ok(())
    }

    pub(crate) fn response_timeout(&self) -> Duration {
        Duration::from_millis(self.response_timeout_ms)
    }

    pub(crate) fn nodes(&self) -> Result<Vec<ConnectionInfo>, Error> {
        let urls = self
            .url
            .expose_secret()
            .split(',')
            .map(str::trim)
            .filter(|url| !url.is_empty());
        let nodes: Vec<_> = urls
            .map(|url| Ok(url.into_connection_info()?.set_tcp_settings(tcp())))
            .collect::<Result<_, redis::RedisError>>()
            .map_err(Error::Url)?;
        if nodes.is_empty() {
            Err(Error::NoUrl)
        } else {
            Ok(nodes)
        }
    }
}

/// No-delay is off by default in redis 1.x. Data that a vanished host does not acknowledge for 5 s breaks the
/// connection, so that the next call makes a new one.
pub(crate) fn tcp() -> TcpSettings {
    const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(5);
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(UNACKNOWLEDGED_MAX);
    settings
}
