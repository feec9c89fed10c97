//! Rates per user and per address, in this process's memory: a refusal writes nothing anywhere.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use fault::Reason;
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use ipnet::IpNet;

use crate::{
    client::{is_within, network_of},
    config,
    lane::Lane,
    pipeline::too_often,
    refusal::Refusal,
};

pub(crate) struct Limits {
    seckill: DefaultKeyedRateLimiter<i64>,
    user: DefaultKeyedRateLimiter<i64>,
    address: DefaultKeyedRateLimiter<IpAddr>,
    login: DefaultKeyedRateLimiter<(String, IpAddr)>,
    unlimited: Vec<IpNet>,
    clock: DefaultClock,
}

/// One who asks too often may ask again after this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften(pub(crate) u32);

impl Limits {
    pub(crate) fn new(config: &config::Limits) -> Self {
        let per_second =
            |rate, burst| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        Self {
            seckill: DefaultKeyedRateLimiter::keyed(per_second(
                config.seckill_per_user_s,
                config.seckill_burst,
            )),
            user: DefaultKeyedRateLimiter::keyed(per_second(config.user_per_s, config.user_burst)),
            address: DefaultKeyedRateLimiter::keyed(per_second(config.ip_per_s, config.ip_burst)),
            login: DefaultKeyedRateLimiter::keyed(Quota::per_minute(at_least_one(
                config.login_per_min,
            ))),
            unlimited: config.ip_unlimited.clone(),
            clock: DefaultClock::default(),
        }
    }

    /// A buyer in a sale has a rate of its own.
    pub(crate) fn caller(&self, lane: Lane, user: i64) -> Result<(), Refusal> {
        let (limiter, reason) = match lane {
            Lane::Seckill => (&self.seckill, Reason::SeckillRateLimited),
            _ => (&self.user, Reason::TooManyRequests),
        };
        self.judge(limiter.check_key(&user))
            .map_err(|often| too_often(reason, often))
    }

    pub(crate) fn address(&self, address: IpAddr) -> Result<(), TooOften> {
        if is_within(&self.unlimited, address) {
            return Ok(());
        }
        self.judge(self.address.check_key(&network_of(address)))
    }

    pub(crate) fn login(&self, account: &str, address: IpAddr) -> Result<(), TooOften> {
        let key = (account.to_lowercase(), network_of(address));
        self.judge(self.login.check_key(&key))
    }

    /// Forgets whoever has been quiet; called from time to time.
    pub(crate) fn forget_idle(&self) {
        self.seckill.retain_recent();
        self.user.retain_recent();
        self.address.retain_recent();
        self.login.retain_recent();
    }

    fn judge(
        &self,
        decision: Result<(), governor::NotUntil<<DefaultClock as Clock>::Instant>>,
    ) -> Result<(), TooOften> {
        decision.map_err(|until| TooOften(whole_seconds(until.wait_time_from(self.clock.now()))))
    }
}

fn at_least_one(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN)
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs_f64().ceil() as u64)
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(&config::Limits {
            seckill_per_user_s: 5,
            seckill_burst: 10,
            user_per_s: 20,
            user_burst: 40,
            ip_per_s: 1,
            ip_burst: 2,
            login_per_min: 10,
            ip_unlimited: vec!["127.0.0.0/8".parse().unwrap()],
        })
    }

    #[test]
    fn a_burst_passes_and_then_a_second_is_named() {
        let limits = limits();
        let buy = |user| limits.caller(Lane::Seckill, user);
        assert!((0..10).all(|_| buy(7).is_ok()));
        assert_eq!(buy(7).unwrap_err().retry_after_s, Some(1));
        assert_eq!(buy(8), Ok(()));
        assert_eq!(limits.caller(Lane::Browse, 7), Ok(()));
    }

    #[test]
    fn addresses_count_by_network_and_some_not_at_all() {
        let limits = limits();
        let address = |text: &str| limits.address(text.parse().unwrap());
        assert!((0..100).all(|_| address("127.0.0.1").is_ok()));
        assert!(address("2001:db8::1").is_ok() && address("2001:db8::2").is_ok());
        assert!(address("2001:db8::3").is_err(), "one customer");
        assert!(address("2001:db8:0:1::1").is_ok(), "another one");
    }
}
