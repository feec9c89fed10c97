//! `cargo xtask chaos`: rounds of a running sale, in each of which faults strike that its seed
//! planned. Afterwards everything comes back by itself, and what must hold is asserted.
//!
//! Two replicas of each service that takes part in a sale run as processes, behind wires that can
//! be broken, on engines that nobody else uses. A supervisor starts again whatever ends, as
//! Kubernetes or systemd would; nothing else is done for anybody.

mod arena;
mod campaign;
mod crowd;
mod disk;
mod engines;
mod front;
mod judge;
mod money;
mod plan;
mod process;
mod round;
mod rows;
mod strike;
mod wires;

pub use campaign::{Campaign, run};
pub use plan::Plan;
