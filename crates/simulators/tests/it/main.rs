//! The stand-ins, as a stranger who speaks the company's protocol finds them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod support;
mod told;

mod desk;
mod edges;
mod faults;
mod keys;
mod lifecycle;
mod notifications;
mod refusals;
mod stop;
mod timing;
mod wechat;
