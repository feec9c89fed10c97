//! The product service as its callers see it, on a real MySQL or MariaDB and a real RabbitMQ.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod adjust;
mod create;
mod delete;
mod events;
mod get;
mod list;
mod reserve;
mod return_stock;
mod settle;
mod support;
mod take_stock;
mod update;
