//! Runs on MySQL and on MariaDB: `MALL_MYSQL_URL` says which.

mod keys;
mod pool;
mod support;
mod transact;
