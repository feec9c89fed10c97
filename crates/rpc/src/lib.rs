//! gRPC inside the fleet: one server stack, one client stack, and one mapping between refusals and statuses.
//!
//! Every call carries the fleet's secret, a deadline and the trace. A server sheds what is too much, survives a
//! panic, finishes a call whose caller went away, and counts each verb as `<service>_<verb>_total{outcome}`.

mod config;
mod status;

mod answer;
mod guard;
mod server;

mod balance;
mod breaker;
mod budget;
mod lent;
mod peer;

mod deadline;
mod metrics;
mod trace_header;

pub use config::{FleetConfig, PeerConfig, ServerConfig};
pub use peer::{Channel, peer};
pub use server::{Server, StartError};
pub use status::{PeerError, status};

/// The metadata key of the fleet's secret.
const SECRET: &str = "mall-fleet";
/// The metadata key of a refusal's business code.
const REASON: &str = "mall-reason";
/// Seconds until it is worth asking again.
const RETRY_AFTER: &str = "retry-after";
