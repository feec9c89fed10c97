use fault::{Fault, Reason};
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no connection to the message broker")]
    Disconnected,
    #[error("the message broker did not answer in time")]
    Timeout,
    #[error("the message broker refused {what}")]
    Amqp {
        what: &'static str,
        #[source]
        source: lapin::Error,
    },
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Disconnected | Self::Timeout | Self::Amqp { .. } => Reason::Unavailable,
        }
    }
}

/// Some messages of a batch are not known to stand in the broker. They may stand there
/// nevertheless: sending them again makes duplicates, with the same ids.
#[derive(Debug, thiserror::Error)]
#[error("{} messages are not confirmed", unsent.len())]
pub struct PublishError {
    pub unsent: Vec<Uuid>,
    /// The first cause; a batch may have several.
    #[source]
    pub cause: Cause,
}

#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("no connection to the message broker")]
    Disconnected,
    #[error("the message broker blocks publishers")]
    Blocked,
    #[error("no confirm in time")]
    Timeout,
    /// Mandatory and returned: no queue would have received it.
    #[error("the queue {queue} does not exist")]
    Unroutable { queue: String },
    /// The queue is full or has no quorum.
    #[error("the message broker did not accept a message")]
    Nacked,
    #[error("the channel broke")]
    Amqp(#[from] lapin::Error),
}

impl Cause {
    /// Whether the broker as a whole is away, rather than one of its queues refusing.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Disconnected | Self::Blocked | Self::Timeout => true,
            Self::Unroutable { .. } | Self::Nacked | Self::Amqp(_) => false,
        }
    }

    /// As the metric's outcome.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Blocked => "blocked",
            Self::Timeout => "timeout",
            Self::Unroutable { .. } => "unroutable",
            Self::Nacked => "nacked",
            Self::Amqp(_) => "broken",
        }
    }
}

impl Fault for PublishError {
    fn reason(&self) -> Reason {
        Reason::Unavailable
    }
}
