use std::{fs, io};

use rand::rng;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use wechatpay::{
    ApiKey, ApiKeys, Forged, KeyId, KeyRing, Merchant, PrivateKey, PublicKey, Signature, Unsigned,
    nonce,
};

use super::BadSettings;
use crate::config;

/// What the merchant signs with, and what it believes.
#[derive(Debug)]
pub(super) struct Keys {
    merchant: Merchant,
    company: KeyRing,
    company_id: String,
    pub(super) api: ApiKeys,
}

impl Keys {
    pub(super) fn read(config: &config::Wechat) -> Result<Self, BadSettings> {
        let private = pem("merchant_key", config.merchant_key.expose_secret())?;
        let key = PrivateKey::from_pem(&private).map_err(|e| bad("merchant_key", e))?;
        let company = |name, text: &str| {
            let public = PublicKey::from_pem(&pem(name, text)?).map_err(|e| bad(name, e))?;
            // Otherwise what the merchant signs would be believed.
            let own = key.belongs_to(&public);
            if own {
                Err(BadSettings::OwnKey)
            } else {
                Ok(public)
            }
        };
        let mut ring = KeyRing::default().with(
            KeyId::from(config.public_key_id.as_str()),
            company("public_key", &config.public_key)?,
        );
        if !config.previous_public_key_id.is_empty() {
            let previous = company("previous_public_key", &config.previous_public_key)?;
            ring = ring.with(
                KeyId::from(config.previous_public_key_id.as_str()),
                previous,
            );
        }
        let api = |name, text: &str| ApiKey::new(text).map_err(|e| bad(name, e));
        let previous = config.previous_api_v3_key.expose_secret();
        let previous = (!previous.is_empty()).then(|| api("previous_api_v3_key", previous));
        Ok(Self {
            merchant: Merchant {
                mchid: config.mchid.clone(),
                serial: config.merchant_serial.clone(),
                key,
            },
            company: ring,
            company_id: config.public_key_id.clone(),
            api: ApiKeys {
                current: api("api_v3_key", config.api_v3_key.expose_secret())?,
                previous: previous.transpose()?,
            },
        })
    }

    /// The `Authorization` header of one attempt.
    pub(super) fn authorization(
        &self,
        method: &str,
        target: &str,
        body: &str,
        now_s: i64,
    ) -> Result<String, Unsigned> {
        let nonce = nonce(&mut rng());
        let signed = self
            .merchant
            .authorize(method, target, body.as_bytes(), now_s, nonce)?;
        Ok(signed.to_string())
    }

    /// The name of the key that answers shall be signed with.
    pub(super) fn company_id(&self) -> &str {
        &self.company_id
    }

    pub(super) fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now_s: i64,
    ) -> Result<(), Forged> {
        let signature = Signature::from_headers(|name| {
            headers.get(name).and_then(|value| value.to_str().ok())
        })?;
        self.company.verify(signature, body, now_s)
    }

    /// The same for headers that came through the gateway.
    pub(super) fn verify_relayed(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now_s: i64,
    ) -> Result<(), Forged> {
        let signature = Signature::from_headers(|name| {
            headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        })?;
        self.company.verify(signature, body, now_s)
    }
}

fn bad(key: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> BadSettings {
    let source = Box::new(source);
    BadSettings::Key { key, source }
}

/// The text itself, or what is in the file that it names.
fn pem(key: &'static str, text: &str) -> Result<String, BadSettings> {
    if text.contains("-----BEGIN") {
        return Ok(text.to_owned());
    }
    let read: io::Result<String> = fs::read_to_string(text);
    read.map_err(|source| BadSettings::File { key, source })
}
