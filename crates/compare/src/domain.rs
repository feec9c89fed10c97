//! What is known of a job without asking anybody.

mod file;
mod job;
mod name;
mod price;
mod state;

pub use file::{Source, Upload, presentable};
pub use job::{Compared, Counts, Job, Receipt, exhausted};
pub use name::JobName;
pub use price::{Facts, Price, Rule, Rules, Tier};
pub use state::{CodeUrl, Ending, State, Work, Wrong};
