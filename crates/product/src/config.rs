use std::time::Duration;

use serde::Deserialize;
use service::config::Validate;

/// Everything the product service is told: `deploy/config/product.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub db: db::Config,
    pub mq: mq::Config,
    pub cache: Cache,
}

/// Products that were looked at, in memory.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    pub ttl_ms: u64,
    pub products_max: u64,
}

impl Cache {
    pub(crate) fn ttl(self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        self.db.validate()?;
        self.mq.validate()
    }
}
