use diff::Limits;
use std::{path::PathBuf, time::Duration};

use serde::Deserialize;
use service::config::Validate;

use crate::domain::Rules;

/// Everything the compare service is told: `deploy/config/compare.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub db: db::Config,
    pub mq: mq::Config,
    pub blob: blob::Config,
    /// Where results are paid for.
    pub payment: rpc::PeerConfig,
    pub jobs: Jobs,
    pub work: Work,
    pub limits: Limits,
    pub price: Rules,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Both files together.
    pub upload_bytes_max: u64,
    pub upload_s: u32,
    pub payment_window_s: u32,
    pub keep_s: u32,
    pub link_s: u32,
    pub announce_again_s: u32,
    pub ask_again_ms: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    pub slots: usize,
    pub lease_ms: u32,
    pub heartbeat_ms: u32,
    pub tries_max: i32,
    /// Empty: the system's.
    pub folder: PathBuf,
    /// Empty: this one.
    pub binary: PathBuf,
}

impl Jobs {
    pub(crate) fn upload_ms(&self) -> i64 {
        i64::from(self.upload_s) * 1_000
    }

    pub(crate) fn payment_window_ms(&self) -> i64 {
        i64::from(self.payment_window_s) * 1_000
    }

    pub(crate) fn keep_ms(&self) -> i64 {
        i64::from(self.keep_s) * 1_000
    }

    pub(crate) fn announce_again_ms(&self) -> i64 {
        i64::from(self.announce_again_s) * 1_000
    }

    pub(crate) fn link(&self) -> Duration {
        Duration::from_secs(self.link_s.into())
    }
}

impl Work {
    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.into())
    }
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        /// What a presigned link may last.
        const LINK_S_MAX: u32 = 604_800;
        let Self { jobs, work, .. } = self;
        self.blob.validate()?;
        self.price.validate()?;
        let fails = [
            (
                jobs.upload_bytes_max == 0,
                "jobs.upload_bytes_max is above 0",
            ),
            (
                jobs.upload_ms().unsigned_abs() <= self.grpc.deadline_max_ms,
                "jobs.upload_s is longer than grpc.deadline_max_ms: what is still arriving is not given up",
            ),
            (
                !(60..=2_592_000).contains(&jobs.payment_window_s),
                "jobs.payment_window_s is 60 to 2592000",
            ),
            (jobs.keep_s < 60, "jobs.keep_s is at least 60"),
            (
                !(1..=LINK_S_MAX).contains(&jobs.link_s),
                "jobs.link_s is 1 to 604800",
            ),
            (
                jobs.announce_again_s == 0,
                "jobs.announce_again_s is above 0",
            ),
            (jobs.ask_again_ms < 100, "jobs.ask_again_ms is at least 100"),
            (!(1..=64).contains(&work.slots), "work.slots is 1 to 64"),
            (
                work.heartbeat_ms < 50 || work.lease_ms / 3 < work.heartbeat_ms,
                "work.heartbeat_ms is at least 50 and at most a third of work.lease_ms",
            ),
            (
                !(1..=100).contains(&work.tries_max),
                "work.tries_max is 1 to 100",
            ),
        ];
        match fails.iter().find(|(fails, _)| *fails) {
            Some((_, why)) => Err((*why).to_owned()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_a_configuration() {
        let config: Config = testkit::config(crate::NAME, crate::DEFAULTS);
        assert_eq!(config.grpc.listen.port(), 50_056);
        assert_eq!(config.limits, Limits::default());
    }

    #[test]
    fn a_lease_outlives_two_lost_heartbeats() {
        let wrong = ("MALL_WORK__HEARTBEAT_MS".to_owned(), "2500".to_owned());
        let read = testkit::config_with::<Config>(crate::NAME, crate::DEFAULTS, &[wrong]);
        assert!(read.unwrap_err().to_string().contains("heartbeat_ms"));
    }
}
