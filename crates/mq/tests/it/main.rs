//! Messages against a real broker.

mod consume;
mod publish;
mod recover;
mod support;
