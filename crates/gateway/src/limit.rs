//! Rates per user and per address, in this process's memory: a refusal writes nothing anywhere.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use fault::Reason;
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use ipnet::IpNet;
use unicode_normalization::UnicodeNormalization;

use crate::{
    client::{is_within, network_of},
    config,
    in_flight::{Held, InFlight},
    lane::Lane,
    pipeline::too_often,
    quota::Quotas,
    refusal::Refusal,
};

/// Every two seconds, once.
const SYNC_PER_MIN: u32 = 30;

pub(crate) struct Limits {
    seckill: DefaultKeyedRateLimiter<i64>,
    user: DefaultKeyedRateLimiter<i64>,
    address: DefaultKeyedRateLimiter<IpAddr>,
    login: DefaultKeyedRateLimiter<Hashed>,
    login_network: DefaultKeyedRateLimiter<IpAddr>,
    register: DefaultKeyedRateLimiter<IpAddr>,
    /// Questions to a payment company about one payment.
    sync: DefaultKeyedRateLimiter<Hashed>,
    in_flight: InFlight,
    uploads: InFlight,
    quotas: Quotas,
    unlimited: Vec<IpNet>,
    clock: DefaultClock,
}

/// A caller's text as a key: of fixed size, whatever was sent.
type Hashed = [u8; 16];

/// One who asks too often may ask again after this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften(pub(crate) u32);

/// What a request in progress counts for; given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Share(#[expect(dead_code, reason = "held, never read")] [Option<Held>; 2]);

impl Limits {
    pub(crate) fn new(config: &config::Limits) -> Self {
        let second =
            |rate, burst| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        let minute = |rate| Quota::per_minute(at_least_one(rate));
        let hour = Quota::per_hour(at_least_one(config.register_per_hour));
        let (seckill, user) = (config.seckill_per_user_s, config.user_per_s);
        let address = second(config.ip_per_s, config.ip_burst);
        Self {
            seckill: DefaultKeyedRateLimiter::keyed(second(seckill, config.seckill_burst)),
            user: DefaultKeyedRateLimiter::keyed(second(user, config.user_burst)),
            address: DefaultKeyedRateLimiter::keyed(address),
            login: DefaultKeyedRateLimiter::keyed(minute(config.login_per_min)),
            login_network: DefaultKeyedRateLimiter::keyed(minute(config.login_network_per_min)),
            register: DefaultKeyedRateLimiter::keyed(hour),
            sync: DefaultKeyedRateLimiter::keyed(minute(SYNC_PER_MIN).allow_burst(NonZeroU32::MIN)),
            in_flight: InFlight::new(config.in_flight_per_network),
            uploads: InFlight::new(config.uploads_per_network),
            quotas: Quotas::new(config),
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

    pub(crate) fn address(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.is_unlimited(address) {
            return Ok(());
        }
        self.judge(self.address.check_key(&network_of(address)))
            .map_err(|often| too_often(Reason::TooManyRequests, often))
    }

    /// The network's share of what is in progress.
    pub(crate) fn share(&self, address: IpAddr, lane: Lane) -> Result<Share, Refusal> {
        if self.is_unlimited(address) {
            return Ok(Share::default());
        }
        let full = || Refusal::from(Reason::TooManyRequests);
        let request = self.in_flight.hold(address).ok_or_else(full)?;
        let upload = match lane {
            Lane::Upload => Some(self.uploads.hold(address).ok_or_else(full)?),
            _ => None,
        };
        Ok(Share([Some(request), upload]))
    }

    /// An attempt at an account. Attempts from elsewhere lock nobody out here.
    pub(crate) fn login(&self, account: &str, address: IpAddr) -> Result<(), TooOften> {
        let network = network_of(address);
        if !self.is_unlimited(address) {
            self.judge(self.login_network.check_key(&network))?;
        }
        let name: String = account.nfkc().flat_map(char::to_lowercase).collect();
        let key = hash(&[name.trim().as_bytes(), network.to_string().as_bytes()]);
        self.judge(self.login.check_key(&key))
    }

    pub(crate) fn register(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.is_unlimited(address) {
            return Ok(());
        }
        self.judge(self.register.check_key(&network_of(address)))
            .map_err(|often| too_often(Reason::TooManyRequests, often))
    }

    /// An anonymous comparison of `bytes`.
    pub(crate) fn comparison(
        &self,
        address: IpAddr,
        bytes: u64,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        if self.is_unlimited(address) {
            return Ok(());
        }
        self.quotas.comparison(address, bytes, now_ms)
    }

    /// Whether the payment company may be asked about this account's payment now: of eight asks at
    /// once one is passed on, and another account's asks hold none of them back.
    pub(crate) fn may_sync(&self, user: i64, payment_no: &str) -> bool {
        let key = hash(&[&user.to_be_bytes(), payment_no.as_bytes()]);
        self.sync.check_key(&key).is_ok()
    }

    /// Forgets every key whose rate is whole again. Called each second, which bounds every map by
    /// the keys of one refill: the longest is an hour's registrations.
    pub(crate) fn forget_idle(&self) {
        for limiter in [&self.seckill, &self.user] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        for limiter in [&self.address, &self.login_network, &self.register] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        for limiter in [&self.login, &self.sync] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    pub(crate) fn is_unlimited(&self, address: IpAddr) -> bool {
        is_within(&self.unlimited, address.to_canonical())
    }

    fn judge(
        &self,
        decision: Result<(), governor::NotUntil<<DefaultClock as Clock>::Instant>>,
    ) -> Result<(), TooOften> {
        decision.map_err(|until| TooOften(whole_seconds(until.wait_time_from(self.clock.now()))))
    }
}

fn hash(parts: &[&[u8]]) -> Hashed {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
        context.update(&[0]);
    }
    let mut short = Hashed::default();
    let digest = context.finish();
    for (to, from) in short.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    short
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
            login_network_per_min: 30,
            register_per_hour: 2,
            in_flight_per_network: 2,
            uploads_per_network: 1,
            anonymous_jobs_per_day: 1,
            anonymous_bytes_per_day: 100,
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

    #[test]
    fn a_name_has_one_bucket_however_it_is_written_and_whatever_its_length() {
        let limits = limits();
        let login = |name: &str, address: &str| limits.login(name, address.parse().unwrap());
        assert!((0..5).all(|_| login("bob", "192.0.2.1").is_ok()));
        let spellings = ["Bob", " bob ", "ｂｏｂ", "BOB", "bob\t"];
        assert!(
            spellings
                .iter()
                .all(|name| login(name, "192.0.2.1").is_ok())
        );
        assert!(login("bob", "192.0.2.1").is_err());
        assert!(login("bob", "192.0.2.2").is_ok(), "another network");
        let long = "x".repeat(1 << 20);
        assert!(login(&long, "192.0.2.3").is_ok());
        assert_eq!(size_of::<Hashed>(), 16);
        let spray = (0..40).filter(|n| login(&format!("u{n}"), "192.0.2.4").is_ok());
        assert_eq!(spray.count(), 30, "however many names");
    }

    #[test]
    fn what_is_idle_is_forgotten() {
        let limits = limits();
        for user in 0..1_000 {
            assert!(limits.caller(Lane::Browse, user).is_ok());
        }
        assert_eq!(limits.user.len(), 1_000);
        // Twice what one request takes to be whole again, at 20 a second.
        std::thread::sleep(Duration::from_millis(150));
        limits.forget_idle();
        assert_eq!(limits.user.len(), 0);
    }

    #[test]
    fn a_network_has_its_share_of_what_is_in_progress() {
        let limits = limits();
        let share = |lane, address: &str| limits.share(address.parse().unwrap(), lane);
        let upload = share(Lane::Upload, "192.0.2.1").unwrap();
        assert!(share(Lane::Upload, "192.0.2.1").is_err());
        let browse = share(Lane::Browse, "192.0.2.1").unwrap();
        assert!(share(Lane::Browse, "192.0.2.1").is_err());
        assert!(share(Lane::Upload, "192.0.2.2").is_ok());
        drop((upload, browse));
        assert!(share(Lane::Upload, "192.0.2.1").is_ok());
        let local: Vec<_> = (0..9).map(|_| share(Lane::Browse, "127.0.0.1")).collect();
        assert!(local.iter().all(Result::is_ok));
    }

    #[test]
    fn a_payment_is_asked_about_once_in_a_while() {
        let limits = limits();
        let asked = (0..8).filter(|_| limits.may_sync(7, "PAY1")).count();
        assert_eq!(asked, 1);
        assert!(limits.may_sync(7, "PAY2") && limits.may_sync(8, "PAY1"));
    }
}
