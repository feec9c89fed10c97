//! `cargo xtask bench sale`: what the fleet sells in a second, beside what the same server could
//! answer at all.

mod bound;
mod cases;
mod cpu;
mod report;

pub use bound::serve_bound;
pub use cases::{Options, run};
pub use report::Report;
