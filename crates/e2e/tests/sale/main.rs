//! The protocol of a sale: seckill, order and product in one process on real engines, with a clock
//! that tests move. One test per invariant, trap and finding.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod activities;
mod broker;
mod race;
mod redis;
mod release;
mod support;
mod tickets;
mod window;
