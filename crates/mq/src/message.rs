use bytes::Bytes;
use clock::{Clock, SystemClock};
use uuid::Uuid;

/// What a service says to another one: a wire shape, the queue that it travels in and how patiently
/// it is tried again.
pub trait Message: prost::Message + Default + 'static {
    /// `order.reserved`
    const NAME: &'static str;
    const VERSION: u16;
    /// `order.reserved.v1`, without the configured prefix.
    const QUEUE: &'static str;
    /// Seconds until the second, third … attempt; the last one repeats. Never empty.
    const RETRY_S: &'static [u32];
}

/// A message on its way to the broker.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Stays the same however often the message is sent.
    pub id: Uuid,
    /// Without the configured prefix.
    pub queue: String,
    pub name: String,
    pub version: u16,
    pub body: Bytes,
    /// W3C trace context of the message's cause.
    pub trace_parent: Option<String>,
    /// When the message was made, Unix milliseconds.
    pub at_ms: i64,
}

impl Outgoing {
    /// A new message, of now and of the current trace.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where message ids are made"
    )]
    pub fn of<M: Message>(message: &M) -> Self {
        Self::with_id(Uuid::now_v7(), message)
    }

    /// A message that is sent again, or whose id its cause determines.
    pub fn with_id<M: Message>(id: Uuid, message: &M) -> Self {
        Self {
            id,
            queue: M::QUEUE.to_owned(),
            name: M::NAME.to_owned(),
            version: M::VERSION,
            body: message.encode_to_vec().into(),
            trace_parent: trace::current_trace_parent(),
            at_ms: SystemClock.now_ms(),
        }
    }
}

/// A message as a handler gets it.
#[derive(Debug)]
pub struct Delivery<M> {
    pub message: M,
    pub id: Uuid,
    /// 1 at first, one more after each [`Verdict::Retry`](crate::Verdict::Retry).
    pub attempt: u32,
    /// The broker has handed it out before and got no acknowledgement.
    pub redelivered: bool,
    pub trace_parent: Option<String>,
    /// When the message was made, Unix milliseconds; 0: unknown.
    pub published_at_ms: i64,
}
