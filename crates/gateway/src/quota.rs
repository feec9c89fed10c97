//! What a network may have of things that cost and need no account: comparisons a day.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use fault::Reason;

use crate::{client::network_of, config, refusal::Refusal};

const DAY_MS: i64 = 24 * 3_600_000;
/// One more is refused: forgetting one that is still counted would make the quota worthless.
const NETWORKS_MAX: usize = 100_000;
const RETRY_AFTER_S: u32 = 3_600;

/// Kept in memory of this process: a restart is generous, and each replica counts for itself.
pub(crate) struct Quotas {
    jobs_max: u32,
    bytes_max: u64,
    spent: Mutex<HashMap<IpAddr, Spent>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    since_ms: i64,
    jobs: u32,
    bytes: u64,
}

impl Quotas {
    pub(crate) fn new(config: &config::Limits) -> Self {
        Self {
            jobs_max: config.anonymous_jobs_per_day,
            bytes_max: config.anonymous_bytes_per_day,
            spent: Mutex::default(),
        }
    }

    /// Charges an anonymous comparison of `bytes` to the network before it is read.
    pub(crate) fn comparison(
        &self,
        address: IpAddr,
        bytes: u64,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let network = network_of(address);
        if spent.len() >= NETWORKS_MAX && !spent.contains_key(&network) {
            spent.retain(|_, day| now_ms - day.since_ms < DAY_MS);
            if spent.len() >= NETWORKS_MAX {
                return Err(exhausted());
            }
        }
        let day = spent.entry(network).or_default();
        if now_ms - day.since_ms >= DAY_MS {
            *day = Spent {
                since_ms: now_ms,
                ..Spent::default()
            };
        }
        let (jobs, bytes) = (day.jobs + 1, day.bytes.saturating_add(bytes));
        if jobs > self.jobs_max || bytes > self.bytes_max {
            return Err(exhausted());
        }
        (day.jobs, day.bytes) = (jobs, bytes);
        Ok(())
    }
}

fn exhausted() -> Refusal {
    Refusal {
        retry_after_s: Some(RETRY_AFTER_S),
        ..Refusal::new(
            Reason::TooManyRequests,
            "今日免登录比对次数已用完，请登录后继续",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_comparisons_and_bytes_a_day() {
        let quotas = Quotas {
            jobs_max: 3,
            bytes_max: 100,
            spent: Mutex::default(),
        };
        let ask = |text: &str, bytes, now_ms| {
            let address = text.parse().unwrap();
            quotas.comparison(address, bytes, now_ms).is_ok()
        };
        assert!(ask("192.0.2.1", 60, 0) && !ask("192.0.2.1", 60, 1), "bytes");
        assert!(ask("192.0.2.1", 20, 2) && ask("192.0.2.1", 20, 3));
        assert!(!ask("192.0.2.1", 0, 4), "jobs");
        assert!(ask("192.0.2.2", 60, 5), "another network");
        assert!(ask("192.0.2.1", 60, DAY_MS), "the next day");
    }
}
