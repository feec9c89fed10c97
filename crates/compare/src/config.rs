use serde::Deserialize;
use service::config::Validate;

/// Everything the compare service is told: `deploy/config/compare.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub blob: blob::Config,
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        self.blob.validate()
    }
}
