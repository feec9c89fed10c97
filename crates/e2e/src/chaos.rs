//! `cargo xtask chaos`: rounds of a running sale, in each of which faults strike that its seed
//! planned. Afterwards everything comes back by itself, and what must hold is asserted.
//!
//! Two replicas of each service that takes part in a sale run as processes, behind proxies that can
//! be broken, on engines of their own. A supervisor starts again whatever ends, as
//! Kubernetes or systemd would; nothing else is done for anybody.

mod campaign;
mod cluster;
mod crowd;
mod disk;
mod engines;
mod inject;
mod judge;
mod links;
mod load_balancer;
mod money;
mod plan;
mod process;
mod round;
mod rows;

pub use campaign::{Campaign, run};
pub use plan::Plan;
