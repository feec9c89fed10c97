//! What every process does, seen from outside.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod config;
mod ctx;
mod jobs;
mod process;
mod run_detached;
mod support;
