//! Outbox and inbox against real engines.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod inbox;
mod relay;
mod support;
