//! Compatibility APIs of older systems: each renames fields and picks the envelope; none has rules of
//! its own.

pub(crate) mod gomall;
pub(crate) mod guangyang;
