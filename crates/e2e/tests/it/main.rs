//! The whole fleet, as real processes on real engines.

mod gomall;
mod kill;
mod story;
mod trace;
