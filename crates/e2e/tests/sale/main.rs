//! The protocol of a sale: seckill, order and product in one process on real engines, with a clock
//! that tests move. One test per invariant, trap and finding.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod activities;
mod audit;
mod broker;
mod fence;
mod hand_off;
mod intents;
mod race;
mod rebuild;
mod redis;
mod release;
mod stream;
mod support;
mod tickets;
mod verbs;
mod window;
