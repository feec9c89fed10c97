use std::time::Duration;

use serde::Deserialize;
use service::Validate;

/// Everything the seckill service is told: `deploy/config/seckill.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub auth: auth::Config,
    pub db: db::Config,
    pub kv: kv::Config,
    pub mq: mq::Config,
    /// Where order answers.
    pub order: rpc::PeerConfig,
    /// Where product answers.
    pub product: rpc::PeerConfig,
    pub reserve: Reserve,
    pub sale: Sale,
}

/// How winners become messages.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    pub batching: bool,
    pub batch_max: usize,
    pub slots: usize,
    pub queue_max: usize,
}

/// How a sale in Redis is looked after.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    /// Whether scripts read the time themselves; a test gives them its own.
    pub redis_time: bool,
    pub warm_up_s: u64,
    pub courtesy_ms: u64,
    pub lease_ms: u64,
    pub relay_after_ms: i64,
    pub audit_after_ms: i64,
    pub audit_again_ms: u64,
    pub audit_period_s: u64,
}

impl Sale {
    pub(crate) fn warm_up_ms(self) -> i64 {
        i64::try_from(self.warm_up_s.saturating_mul(1_000)).unwrap_or(i64::MAX)
    }

    pub(crate) fn courtesy(self) -> Duration {
        Duration::from_millis(self.courtesy_ms)
    }

    pub(crate) fn lease_ms(self) -> i64 {
        i64::try_from(self.lease_ms).unwrap_or(i64::MAX)
    }
}

impl Reserve {
    pub(crate) fn limits(self) -> batch::Limits {
        batch::Limits {
            queue_max: self.queue_max,
            batch_max: if self.batching { self.batch_max } else { 1 },
            slots: self.slots,
        }
    }
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        self.auth.validate()?;
        self.db.validate()?;
        self.mq.validate()?;
        if self.reserve.batch_max == 0 || self.reserve.slots == 0 {
            return Err("reserve.batch_max and reserve.slots are at least 1".into());
        }
        if self.sale.lease_ms < 1_000 {
            return Err(
                "sale.lease_ms is at least 1000: a lease is renewed at a third of it".into(),
            );
        }
        Ok(())
    }
}
