use http::Uri;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where this process reaches the store: `http://host:port`.
    pub url: String,
    /// Where browsers reach it, for presigned links; empty: at `url`.
    pub public_endpoint: String,
    pub bucket: String,
    /// Goes before every key; ends in `/` unless empty.
    pub prefix: String,
    pub region: String,
    pub access_key: SecretString,
    pub secret_key: SecretString,
    /// `host/bucket/key` instead of `bucket.host/key`.
    pub path_style: bool,
}

impl Config {
    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        is_address(&self.url)
            .then_some(())
            .ok_or("blob.url is not an http(s) address")?;
        if !self.public_endpoint.is_empty() && !is_address(&self.public_endpoint) {
            return Err("blob.public_endpoint is not an http(s) address".to_owned());
        }
        if self.bucket.is_empty() || self.region.is_empty() {
            return Err("blob.bucket and blob.region must not be empty".to_owned());
        }
        if !self.prefix.is_empty() && !self.prefix.ends_with('/') {
            return Err("blob.prefix must end in /".to_owned());
        }
        Ok(())
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
    })
}
