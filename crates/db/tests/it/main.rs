//! Runs on MySQL and on MariaDB: `MALL_MYSQL_URL` says which.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod keys;
mod pool;
mod support;
mod transact;
