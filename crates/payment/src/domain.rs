//! Rules that hold without I/O.

mod payment;
mod refund;
mod schedule;
mod seen;

pub(crate) use payment::{
    Bill, Channel, Closing, CodeUrl, NotMoved, Payment, Receipt, State, Subject, TRANSACTION_ID_MAX,
};
pub(crate) use refund::{Refund, RefundSeen, RefundState};
pub(crate) use schedule::{closing_gap_ms, refund_gap_ms, unpaid_gap_ms};
pub(crate) use seen::{Mismatch, Seen, Taken, Verdict};
