use std::time::Duration;

use serde::Deserialize;

/// `deploy/config/order.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub db: db::Config,
    pub mq: mq::Config,
    pub seckill: rpc::PeerConfig,
    pub product: rpc::PeerConfig,
    pub landing: Landing,
    pub closing: Closing,
    pub retail: Retail,
}

/// Carts and ordinary orders.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retail {
    /// How long an order may be paid.
    pub payment_window_s: u32,
    /// An intent that is older was left behind, and is given up.
    pub creating_ms: u64,
    /// Unpaid orders of one user.
    pub unpaid_max: u32,
    /// What was sent has arrived after so many days.
    pub confirm_days: u32,
    pub cart_lines_max: usize,
    pub cart_quantity_max: i32,
    /// Anonymous carts that nobody touches.
    pub anonymous_cart_days: u32,
}

/// How reservations become rows.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landing {
    /// Off: one transaction per order, what the fleet is measured against.
    pub batching: bool,
    pub consumers: usize,
    /// Orders per transaction that a batch aims at.
    pub rows_target: usize,
    /// Messages that a batch takes at most.
    pub messages_max: usize,
    /// How long a batch may fill up. Not in the buyer's path.
    pub wait_ms: u64,
    /// Messages ahead of their acknowledgement: times items per message, it must exceed the target.
    pub prefetch: u16,
}

/// How unpaid orders are closed.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Orders per claim and transaction.
    pub batch: u32,
    /// How long a claim keeps other replicas away.
    pub lease_ms: u64,
    /// How long payment's answer is awaited before it is asked again.
    pub ask_again_ms: u64,
}

impl Landing {
    pub fn consumer(&self) -> mq::ConsumerOptions {
        if self.batching {
            mq::ConsumerOptions {
                prefetch: self.prefetch,
                batch_max: self.messages_max,
                batch_wait: Duration::from_millis(self.wait_ms),
            }
        } else {
            mq::ConsumerOptions {
                prefetch: self.prefetch,
                batch_max: 1,
                batch_wait: Duration::ZERO,
            }
        }
    }

    /// Orders per transaction.
    pub fn rows(&self) -> usize {
        if self.batching { self.rows_target } else { 1 }
    }
}

impl service::Validate for Config {
    fn validate(&self) -> Result<(), String> {
        let Self {
            landing,
            closing,
            retail,
            ..
        } = self;
        let fails = [
            (
                !(1..=32).contains(&landing.consumers),
                "landing.consumers must be 1 to 32",
            ),
            (
                !(1..=4_000).contains(&landing.rows_target),
                "landing.rows_target must be 1 to 4000",
            ),
            (
                !(1..=usize::from(landing.prefetch)).contains(&landing.messages_max),
                "landing.messages_max must be 1 to landing.prefetch",
            ),
            (
                landing.wait_ms > 1_000,
                "landing.wait_ms must be at most 1000",
            ),
            (
                !(1..=2_000).contains(&closing.batch),
                "closing.batch must be 1 to 2000",
            ),
            (
                !(1_000..=600_000).contains(&closing.lease_ms),
                "closing.lease_ms must be 1000 to 600000",
            ),
            (
                !(1_000..=3_600_000).contains(&closing.ask_again_ms),
                "closing.ask_again_ms must be 1000 to 3600000",
            ),
            (
                !(60..=2_592_000).contains(&retail.payment_window_s),
                "retail.payment_window_s must be 60 to 2592000",
            ),
            (
                !(1_000..=600_000).contains(&retail.creating_ms),
                "retail.creating_ms must be 1000 to 600000",
            ),
            (
                !(1..=50).contains(&retail.cart_lines_max),
                "retail.cart_lines_max must be 1 to 50",
            ),
            (
                !(1..=9_999).contains(&retail.cart_quantity_max),
                "retail.cart_quantity_max must be 1 to 9999",
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
        let config: Config = testkit::config("order", crate::DEFAULTS);
        assert_eq!(config.grpc.listen.port(), 50_053);
        assert_eq!(config.service.admin.port(), 9_083);
        assert_eq!(config.landing.rows(), 1_000);
    }

    #[test]
    fn a_batch_cannot_exceed_what_is_prefetched() {
        let wrong = ("MALL_LANDING__MESSAGES_MAX".to_owned(), "300".to_owned());
        let config = testkit::config_with::<Config>("order", crate::DEFAULTS, &[wrong]);
        assert!(
            config
                .unwrap_err()
                .to_string()
                .contains("landing.messages_max")
        );
    }
}
