//! Messages between services over RabbitMQ 3.10 … 4.x.
//!
//! A [`Message`] names its queue and its retry ladder; publisher and consumer both declare what
//! they touch. A publish is done when the broker has confirmed it; a delivery is acknowledged when
//! its [`Verdict`] is carried out. Publishing and consuming use separate connections: a broker that
//! blocks publishers blocks the whole connection, acknowledgements included, and would never drain.

mod broker;
mod config;
mod consumer;
mod error;
mod inbound;
mod lane;
mod link;
mod message;
mod metrics;
mod publisher;
mod topology;
mod verdict;
mod wire;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use crate::{
    broker::{Broker, Depth, connect},
    config::Config,
    consumer::ConsumerOptions,
    error::{Cause, Error, PublishError},
    message::{Delivery, Message, Outgoing},
    publisher::Publisher,
    verdict::Verdict,
};

/// Waits a moment while an engine is away; `false` when the process stops meanwhile. A handler has no
/// use for it: it answers [`Verdict::Hold`].
pub async fn pause(stop: &CancellationToken) -> bool {
    const PAUSE: Duration = Duration::from_millis(500);
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(PAUSE) => true,
    }
}
