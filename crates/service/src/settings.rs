use std::net::SocketAddr;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// The section `service` of every configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where `/livez`, `/readyz` and `/metrics` answer.
    pub admin: SocketAddr,
    pub log: LogFormat,
    /// In the form of `RUST_LOG`: `info,order=debug`.
    pub log_filter: String,
    /// Where traces go, over gRPC; empty: nowhere.
    pub otlp_endpoint: String,
    /// Share of the traces that begin here and are kept, 0 to 1.
    pub trace_sample: f64,
    /// Threads that run the process; 0: one per processor, and two at least.
    pub workers: usize,
    /// How long work under way may take to finish when the process is asked to stop.
    pub shutdown_grace_s: u64,
    pub profile: Profile,
    /// The operator's word that whatever leaves this machine is encrypted by a mesh or a tunnel; production
    /// then does not insist on TLS.
    #[serde(default)]
    pub network_encrypted: bool,
    /// What this process does; all of it unless consumers scale apart from servers.
    pub roles: Vec<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Json,
    Pretty,
}

/// A demo may run with weak secrets, default accounts and plain text between machines. Production is a list
/// of facts that are checked (`facts.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Demo,
    Production,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers calls (the gateway: HTTP).
    Grpc,
    /// Consumes messages.
    Events,
    /// Runs what is due by time.
    Jobs,
    /// Does work that takes its time and its memory: scales apart from everything else.
    Work,
}

impl Config {
    /// Share of the traces that begin here and are kept: none when there is nowhere to send them.
    pub fn trace_kept(&self) -> f64 {
        if self.otlp_endpoint.is_empty() {
            0.0
        } else {
            self.trace_sample
        }
    }

    pub(crate) fn validate(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.trace_sample) {
            return Err("service.trace_sample is a share between 0 and 1".into());
        }
        if let Err(error) = EnvFilter::try_new(&self.log_filter) {
            return Err(format!("service.log_filter: {error}"));
        }
        if !self.otlp_endpoint.is_empty() && !self.otlp_endpoint.starts_with("http://") {
            return Err(
                "service.otlp_endpoint is empty or an address like http://host:4317".into(),
            );
        }
        if self.roles.is_empty() {
            return Err("service.roles is empty: this process would do nothing".into());
        }
        Ok(())
    }
}
