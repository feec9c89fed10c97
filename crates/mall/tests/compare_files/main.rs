//! `mall compare-files` as a user runs it, and hostile files in the child that guards against them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod bombs;
mod broken;
mod command;
mod fixtures;
mod odd;
mod pandas;
mod shelf;
mod shown;
