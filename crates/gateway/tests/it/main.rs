//! The gateway alone, over HTTP: what holds before any service has its say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod abuse;
mod connections;
mod limits;
mod passage;
mod support;
mod upload;
