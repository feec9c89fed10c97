//! Messages against a real broker.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod consume;
mod depth;
mod publish;
mod recover;
mod support;
