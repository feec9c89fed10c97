use std::net::SocketAddr;

use secrecy::SecretString;
use serde::Deserialize;

/// Where a service answers, and how much at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Calls under way; one more is told to come back.
    pub concurrency_max: usize,
    /// No call runs longer, whatever its caller allows.
    pub deadline_max_ms: u64,
}

/// What proves that a caller belongs to the fleet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetConfig {
    pub secret: SecretString,
}

/// Where another service is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// `http://host:port`; a name with several addresses is balanced over them.
    pub url: String,
    /// For a call that brings no deadline of its own.
    pub timeout_ms: u64,
}
