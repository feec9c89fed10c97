//! Runs on Redis: `MALL_REDIS_URL` says where.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod away;
mod cluster;
mod failover;
mod script;
