use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sqlx::mysql::MySqlConnectOptions;

use crate::Error;

/// Where a service's rows live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server, without a schema: `mysql://user:password@host:3306`.
    pub url: SecretString,
    /// Lower-case letters, digits and `_`.
    pub schema: String,
    #[serde(default = "connections_max")]
    pub connections_max: u32,
    #[serde(default = "acquire_timeout_ms")]
    pub acquire_timeout_ms: u64,
}

/// Two replicas of everything fit MySQL's default of 151 connections.
fn connections_max() -> u32 {
    8
}

fn acquire_timeout_ms() -> u64 {
    2_000
}

/// The statement texts of a service, with room to spare: an evicted statement costs a round trip.
const STATEMENTS_CACHED: usize = 1_024;

impl Config {
    /// One sentence about the first setting that cannot work.
    pub fn validate(&self) -> Result<(), String> {
        self.server()
            .map_err(|_| "db.url is not a MySQL address".to_owned())?;
        self.schema_name()
            .map_err(|error| format!("db.schema: {error}"))?;
        if self.connections_max == 0 || self.acquire_timeout_ms == 0 {
            return Err("db.connections_max and db.acquire_timeout_ms must be above 0".to_owned());
        }
        Ok(())
    }

    /// How to reach the server, with no schema chosen.
    pub(crate) fn server(&self) -> Result<MySqlConnectOptions, Error> {
        let options =
            MySqlConnectOptions::from_str(self.url.expose_secret()).map_err(Error::Url)?;
        Ok(options
            .charset("utf8mb4")
            .statement_cache_capacity(STATEMENTS_CACHED))
    }

    /// The schema's name, safe to quote in a statement.
    pub(crate) fn schema_name(&self) -> Result<&str, Error> {
        const BYTES_MAX: usize = 64;
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if self.schema.is_empty() || self.schema.len() > BYTES_MAX || !self.schema.bytes().all(fine)
        {
            return Err(Error::SchemaName(self.schema.clone()));
        }
        Ok(&self.schema)
    }
}
