//! `cargo xtask bench sale` and `overload`: what the fleet sells in a second, beside what the same server could
//! answer at all.

mod batches;
mod bound;
mod cases;
mod cpu;
mod given;
mod options;
mod overload;
mod report;
mod stage;

pub use bound::Bare;
pub use cases::run;
pub use options::Options;
pub use overload::Overload;
pub use report::Report;
