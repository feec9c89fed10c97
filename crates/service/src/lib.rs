//! What every process does, once: read its configuration, log and trace, answer `/livez /readyz /metrics`, run
//! timed jobs, and stop in two stages. A service writes only what differs.

pub mod config;

mod admin;
mod ctx;
mod detached;
mod facts;
mod harness;
mod jobs;
mod layers;
mod readiness;
mod settings;
mod telemetry;

pub use config::Validate;
pub use ctx::Ctx;
pub use detached::run_detached;
pub use harness::{Service, main, runtime};
pub use readiness::Readiness;
pub use settings::{Config, LogFormat, Profile, Role};
