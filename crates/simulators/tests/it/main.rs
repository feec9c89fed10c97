//! The stand-ins, as a stranger who speaks the company's protocol finds them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod desk;
mod faults;
mod hook;
mod keys;
mod notify;
mod orders;
mod refunds;
mod refusals;
mod stop;
mod support;
