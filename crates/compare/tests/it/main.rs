//! The comparison service against real MySQL, RabbitMQ and S3, with payment's stand-in beside it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod payment;
mod support;

mod cancel;
mod expire;
mod lease;
mod pay;
mod ready;
mod submit;
mod worker;
