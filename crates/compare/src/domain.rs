//! What is known of a job without asking anybody.

mod file;
mod job;
mod name;
mod price;

pub use file::{Source, Upload, presentable};
pub use job::{CodeUrl, Compared, Counts, Ending, Job, Receipt, State, Work, Wrong, exhausted};
pub use name::JobName;
pub use price::{Facts, Price, Rule, Rules, Tier};
