//! `cargo xtask bench sale`: what the fleet sells in a second, beside what the same server could
//! answer at all.

mod batches;
mod bound;
mod cases;
mod cpu;
mod given;
mod options;
mod report;
mod stage;

pub use bound::serve_bound;
pub use cases::run;
pub use options::Options;
pub use report::Report;
