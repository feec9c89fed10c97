//! Rules that hold without I/O.

mod hold;
mod payment;
mod refund;
mod schedule;
mod seen;
mod state;

pub(crate) use hold::{Hold, HoldState};
pub(crate) use payment::{Bill, Channel, Closing, NotMoved, Payment, Subject, TRANSACTION_ID_MAX};
pub(crate) use refund::{Refund, RefundSeen, RefundState};
pub(crate) use schedule::{closed_gap_ms, closing_gap_ms, refund_gap_ms, unpaid_gap_ms};
pub(crate) use seen::{Mismatch, Seen, Taken, Verdict};
pub(crate) use state::{CodeUrl, Receipt, State};
