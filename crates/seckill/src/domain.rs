//! What an activity is, without I/O.

mod activity;
mod draft;
mod holding;
mod ticket;

pub(crate) use activity::{Activity, Intent, State};
pub(crate) use draft::window;
pub use draft::Invalid;
pub(crate) use draft::{Draft, Patch, UNITS_MAX};
pub(crate) use holding::{Holding, Unsent};
pub(crate) use ticket::Ticket;
