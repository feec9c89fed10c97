//! What an activity is, without I/O.

mod activity;
mod draft;
mod holding;
mod ticket;

pub(crate) use activity::{Activity, Intent, State};
pub use draft::Invalid;
pub(crate) use draft::{Draft, LIMIT_PER_USER, Patch, UNITS_MAX};
pub(crate) use holding::{Holding, Unsent, is_request_key, unit_pairs};
pub(crate) use ticket::Ticket;
