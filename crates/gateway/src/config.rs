use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;
use serde::Deserialize;
use service::config::Validate;

/// Everything the gateway is told: `deploy/config/gateway.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub http: Http,
    pub fleet: rpc::FleetConfig,
    pub auth: auth::Config,
    pub user: rpc::PeerConfig,
    pub product: rpc::PeerConfig,
    pub order: rpc::PeerConfig,
    pub seckill: rpc::PeerConfig,
    pub payment: rpc::PeerConfig,
    pub compare: rpc::PeerConfig,
    pub reserve: Reserve,
    pub limits: Limits,
    pub lanes: Lanes,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub connections_max: usize,
    pub connections_per_network: usize,
    pub header_timeout_ms: u64,
    pub request_timeout_ms: u64,
    /// However much a route takes by itself.
    pub body_bytes_max: usize,
    /// A body that comes slower than this after its grace is not waited for.
    pub body_grace_ms: u64,
    pub body_bytes_per_s_min: u32,
    /// Both files of a comparison together.
    pub upload_bytes_max: u64,
    /// Of a request that brings files.
    pub upload_timeout_ms: u64,
    pub upload_bytes_per_s_min: u32,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub cors_origins: Vec<String>,
    /// The folder of the built front end; empty: none is served.
    pub site: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    pub batching: bool,
    pub batch_max: usize,
    pub slots: usize,
    pub queue_max: usize,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub seckill_per_user_s: u32,
    pub seckill_burst: u32,
    pub user_per_s: u32,
    pub user_burst: u32,
    pub ip_per_s: u32,
    pub ip_burst: u32,
    /// At one account from one network.
    pub login_per_min: u32,
    /// At all accounts from one network.
    pub login_network_per_min: u32,
    pub register_per_hour: u32,
    /// Requests and uploads of one network that are in progress.
    pub in_flight_per_network: usize,
    pub uploads_per_network: usize,
    /// Comparisons without a login, of one network.
    pub anonymous_jobs_per_day: u32,
    pub anonymous_bytes_per_day: u64,
    pub ip_unlimited: Vec<IpNet>,
}

/// Requests under way.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lanes {
    pub seckill: usize,
    pub browse: usize,
    pub account: usize,
    pub money: usize,
    pub notify: usize,
    pub compare: usize,
    pub upload: usize,
    pub admin: usize,
}

impl Http {
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn body_grace(&self) -> Duration {
        Duration::from_millis(self.body_grace_ms)
    }

    pub(crate) fn upload_timeout(&self) -> Duration {
        Duration::from_millis(self.upload_timeout_ms)
    }
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        self.auth.validate()?;
        let limits = &self.limits;
        for (key, value) in [
            ("seckill_per_user_s", limits.seckill_per_user_s),
            ("seckill_burst", limits.seckill_burst),
            ("user_per_s", limits.user_per_s),
            ("user_burst", limits.user_burst),
            ("ip_per_s", limits.ip_per_s),
            ("ip_burst", limits.ip_burst),
            ("login_per_min", limits.login_per_min),
            ("login_network_per_min", limits.login_network_per_min),
            ("register_per_hour", limits.register_per_hour),
        ] {
            if value == 0 {
                return Err(format!("limits.{key} is above 0"));
            }
        }
        if self.http.body_bytes_per_s_min == 0 || self.http.upload_bytes_per_s_min == 0 {
            return Err("http.body_bytes_per_s_min and upload_bytes_per_s_min are above 0".into());
        }
        if self.reserve.batch_max == 0 || self.reserve.slots == 0 {
            return Err("reserve.batch_max and reserve.slots are at least 1".into());
        }
        Ok(())
    }
}
