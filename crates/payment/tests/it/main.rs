//! The payment service against real MySQL and RabbitMQ, and the simulator of the payment company.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod company;
mod heard;
mod hook;
mod order;
mod purse;
mod storm;
mod support;
mod trading;

mod check;
mod close;
mod compare_job;
mod config;
mod create;
mod ledger;
mod mock_pay;
mod notify;
mod order_closing;
mod outage;
mod refund;
mod refund_parts;
mod refund_spoiled;
mod spoiled;
mod wallet_pay;
