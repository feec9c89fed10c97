//! What tests stand on: a private corner of each real engine, time that they move, and a network that they
//! break.
//!
//! A test that cannot get what it needs fails with a sentence. The engines are those of `MALL_MYSQL_URL`,
//! `MALL_REDIS_URL` and `MALL_AMQP_URL`; what a test leaves there goes when its thread ends, also after a
//! panic, and what a killed run left goes with the next one.

mod cleanup;
mod config;
mod context;
mod engines;
mod eventually;
mod mysql;
mod proxy;
mod rabbitmq;
mod redis;

pub use config::{config, config_with, secrets};
pub use context::ctx;
pub use engines::{amqp_url, free_port, mysql_url, redis_url, server_address};
pub use eventually::eventually;
pub use mysql::Mysql;
pub use proxy::ChaosProxy;
pub use rabbitmq::{forget_queues, mq_config};
pub use redis::kv_config;
