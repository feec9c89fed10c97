//! MySQL, and what speaks its protocol: the pool, named transactions, and the two things that the server
//! says only in passing: how many rows it touched and which unique key was hit.

mod config;
mod connect;
mod error;
mod metrics;
mod migrate;
mod nodelay;
mod settings;
mod transact;

pub use config::Config;
pub use connect::{connect, probe};
pub use error::{Error, affected, hit_unique_key, reason};
pub use migrate::migrate;
pub use transact::Retryable;

pub type Pool = sqlx::MySqlPool;
pub type Tx<'a> = sqlx::Transaction<'a, sqlx::MySql>;

// What `transact!` expands to.
#[doc(hidden)]
pub use {
    tracing::Instrument,
    transact::{Attempts, span},
};
