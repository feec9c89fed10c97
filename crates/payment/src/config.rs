use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use service::config::Validate;

/// Everything the payment service is told: `deploy/config/payment.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub db: db::Config,
    pub mq: mq::Config,
    /// Where payments are allowed.
    pub order: rpc::PeerConfig,
    pub compare: rpc::PeerConfig,
    pub pay: Pay,
    pub wechat: Wechat,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// Whether anybody may pay without a payment company.
    pub mock: bool,
}

/// The merchant's contract with WeChat Pay. Without `mchid` there is none.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wechat {
    pub mchid: String,
    pub appid: String,
    /// Lets an enterprise id (`ww…`) be the app.
    pub allow_ww_appid: bool,
    /// Of the merchant's API certificate.
    pub merchant_serial: String,
    /// PEM, or the path of a PEM file.
    pub merchant_key: SecretString,
    /// 32 letters and digits.
    pub api_v3_key: SecretString,
    /// The key before the last change, or nothing.
    pub previous_api_v3_key: SecretString,
    /// `PUB_KEY_ID_…`
    pub public_key_id: String,
    /// PEM, or the path of a PEM file.
    pub public_key: String,
    /// The company's key before a switch: its id, or the serial number of a platform certificate.
    pub previous_public_key_id: String,
    /// PEM of the key or of the certificate, or the path of a PEM file.
    pub previous_public_key: String,
    pub base_url: String,
    /// Where WeChat reports payments and refunds: https, no query.
    pub notify_url: String,
    pub connect_timeout_ms: u64,
    /// Of one attempt.
    pub timeout_ms: u64,
    /// Of all attempts of one call together.
    pub deadline_ms: u64,
    pub tries_max: u32,
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat")
            .field("mchid", &self.mchid)
            .field("appid", &self.appid)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// The simulator's ids carry this, so that no production fleet ever trusts its keys.
const SIMULATOR_MARK: &str = "0000SIM";

/// As long as the company takes.
const NOTIFY_URL_MAX: usize = 255;

/// Claims of rows last longer than all calls that are made under them.
pub(crate) const DEADLINE_MS_MAX: u64 = 15_000;

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        if self.service.profile == service::Profile::Production {
            if self.pay.mock {
                return Err("pay.mock lets anybody pay without money: not in production".into());
            }
            for (key, id) in [
                ("wechat.public_key_id", &self.wechat.public_key_id),
                ("wechat.merchant_serial", &self.wechat.merchant_serial),
            ] {
                if id.contains(SIMULATOR_MARK) {
                    return Err(format!("{key} is the simulator's: not in production"));
                }
            }
            for (key, url) in [
                ("wechat.base_url", &self.wechat.base_url),
                ("wechat.notify_url", &self.wechat.notify_url),
            ] {
                if !url.is_empty() && !url.starts_with("https://") {
                    return Err(format!("{key} is https in production"));
                }
            }
        }
        if self.wechat.is_off() {
            Ok(())
        } else {
            self.wechat.validate()
        }
    }
}

impl Wechat {
    pub(crate) fn is_off(&self) -> bool {
        self.mchid.is_empty()
    }

    fn validate(&self) -> Result<(), String> {
        if !self.mchid.bytes().all(|b| b.is_ascii_digit()) {
            return Err("wechat.mchid is a number".into());
        }
        if self.appid.starts_with("ww") && !self.allow_ww_appid {
            return Err(
                "wechat.appid is an enterprise id, which Native payments refuse unless the \
                        merchant is bound to it: set wechat.allow_ww_appid if it is"
                    .into(),
            );
        }
        for (key, value) in [
            ("appid", self.appid.as_str()),
            ("merchant_serial", &self.merchant_serial),
            ("merchant_key", self.merchant_key.expose_secret()),
            ("public_key_id", &self.public_key_id),
            ("public_key", &self.public_key),
            ("base_url", &self.base_url),
            ("notify_url", &self.notify_url),
        ] {
            if value.is_empty() {
                return Err(format!("wechat.{key} is missing"));
            }
        }
        if self.notify_url.contains(['?', '#']) || self.notify_url.len() > NOTIFY_URL_MAX {
            return Err(
                "wechat.notify_url has no query, no fragment and at most 255 characters".into(),
            );
        }
        if self.previous_public_key_id.is_empty() != self.previous_public_key.is_empty() {
            return Err("wechat.previous_public_key_id and previous_public_key go together".into());
        }
        if self.tries_max == 0 || self.timeout_ms == 0 || self.deadline_ms == 0 {
            return Err("wechat.tries_max, timeout_ms and deadline_ms are above 0".into());
        }
        if self.deadline_ms > DEADLINE_MS_MAX {
            return Err(format!(
                "wechat.deadline_ms is at most {DEADLINE_MS_MAX}: rows are claimed for three calls"
            ));
        }
        Ok(())
    }
}
