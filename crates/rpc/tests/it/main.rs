//! A server and its callers, over real connections.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod call;
mod config;
mod deadline;
mod guard;
mod peer;
mod stream;
mod support;
mod trace;
