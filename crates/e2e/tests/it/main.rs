//! The whole fleet, as real processes on real engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod accounts;
mod compare;
mod gomall;
mod hostile;
mod kill;
mod kill_compare;
mod kill_money;
mod kill_upkeep;
mod story;
mod trace;
