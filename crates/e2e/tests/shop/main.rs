//! Ordinary orders: order and product in one process on real engines, with a clock that tests move. Payment is
//! played by its messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod carts;
mod coupons;
mod http;
mod lifecycle;
mod placing;
mod support;
