//! The user service as its callers see it, on a real MySQL or MariaDB.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod admins;
mod change_password;
mod login;
mod logout;
mod names;
mod profile;
mod prune;
mod refresh;
mod register;
mod renew;
mod revoked_sessions;
mod support;
