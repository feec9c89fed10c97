//! The object store against a real S3 server.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod links;
mod objects;
mod support;
