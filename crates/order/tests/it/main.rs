//! The order service against real engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod support;

mod allow_payment;
mod cancel_order;
mod cancel_unlanded;
mod coupons;
mod events;
mod expire;
mod fence;
mod grpc;
mod land;
mod lease_ids;
mod list_orders;
mod live_units;
mod outcome;
mod payment_closed;
mod payment_paid;
mod payment_refunded;
mod refund_order;
mod sale;
mod ship_order;
mod storm;
mod sweep;
