use std::time::Duration;

use serde::Deserialize;
use service::Validate;

/// The seckill service's settings: `deploy/config/seckill.toml`.
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

/// How buyers reach Redis, and winners the broker.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Off: one script per buyer and one message per winner, what the fleet is measured against.
    pub batching: bool,
    /// Script calls whose winners share a message.
    pub batch_max: usize,
    /// Messages under way at once.
    pub slots: usize,
    /// Script calls whose winners may wait for a message.
    pub queue_max: usize,
}

/// How a sale in Redis is looked after.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    /// Whether scripts read the time themselves; a test gives them its own.
    pub redis_time: bool,
    /// A sale is put into Redis so long before it starts.
    pub warm_up_s: u64,
    /// How old what a list says of a sale's stock may be.
    pub view_age_ms: u64,
    /// How long a rebuild waits for reservations under way.
    pub courtesy_ms: u64,
    /// A rebuild that does not renew its lease for so long has lost it.
    pub lease_ms: u64,
    /// Age of a reservation that is published again.
    pub relay_after_ms: i64,
    /// Age of a reservation that the audit judges.
    pub audit_after_ms: i64,
    /// Between two looks of one audit.
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

    pub(crate) fn courtesy_ms(self) -> i64 {
        i64::try_from(self.courtesy_ms).unwrap_or(i64::MAX)
    }

    pub(crate) fn view_age(self) -> Duration {
        Duration::from_millis(self.view_age_ms)
    }

    pub(crate) fn lease_ms(self) -> i64 {
        i64::try_from(self.lease_ms).unwrap_or(i64::MAX)
    }
}

impl Reserve {
    /// Buyers that one script serves: it stops all others for as long as it runs.
    pub(crate) fn buyers_per_call(self) -> usize {
        const BUYERS_MAX: usize = 500;
        if self.batching { BUYERS_MAX } else { 1 }
    }

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
        if self.reserve.queue_max == 0 {
            return Err("reserve.queue_max is at least 1".into());
        }
        if self.sale.relay_after_ms < 0 || self.sale.audit_after_ms < 0 {
            return Err(
                "sale.relay_after_ms and sale.audit_after_ms are no times in the past".into(),
            );
        }
        if self.sale.audit_period_s == 0 {
            return Err("sale.audit_period_s is at least 1".into());
        }
        if self.sale.lease_ms < 1_000 {
            return Err(
                "sale.lease_ms is at least 1000: a lease is renewed at a third of it".into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> Result<Config, service::config::ConfigError> {
        let changed = (format!("MALL_{key}"), value.to_owned());
        testkit::config_with("seckill", crate::DEFAULTS, &[changed])
    }

    #[test]
    fn the_defaults_are_a_configuration() {
        let config = with("RESERVE__BATCHING", "true").unwrap();
        assert_eq!(config.grpc.listen.port(), 50_054);
        assert_eq!(config.service.admin.port(), 9_084);
        assert_eq!(config.reserve.buyers_per_call(), 500);
    }

    #[test]
    fn without_batching_every_buyer_has_a_script_and_every_winner_a_message() {
        let config = with("RESERVE__BATCHING", "false").unwrap();
        assert_eq!(config.reserve.buyers_per_call(), 1);
        assert_eq!(config.reserve.limits().batch_max, 1);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (key, value) in [
            ("RESERVE__SLOTS", "0"),
            ("RESERVE__BATCH_MAX", "0"),
            ("RESERVE__QUEUE_MAX", "0"),
            ("SALE__LEASE_MS", "999"),
            ("SALE__RELAY_AFTER_MS", "-1"),
            ("SALE__AUDIT_PERIOD_S", "0"),
            ("SALE__NOBODY_KNOWS", "1"),
        ] {
            assert!(with(key, value).is_err(), "{key}");
        }
    }
}
