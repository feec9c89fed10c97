//! Runs on Redis: `MALL_REDIS_URL` says where.

mod away;
mod cluster;
mod script;
