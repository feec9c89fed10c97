//! A message as AMQP carries it: properties and headers.

use bytes::Bytes;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use uuid::Uuid;

use crate::Outgoing;

const VERSION: &str = "x-mall-version";
const AT_MS: &str = "x-mall-at-ms";
const ATTEMPT: &str = "x-mall-attempt";
const PANICS: &str = "x-mall-panics";
const WHY: &str = "x-mall-why";
const TRACE_PARENT: &str = "traceparent";

const PERSISTENT: u8 = 2;
/// Longer reasons are cut: they are for a reader.
const WHY_MAX: usize = 500;

/// A message and where exactly it goes.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// With prefix and suffix: the routing key.
    pub(crate) target: String,
    /// Of the work queue, without prefix.
    pub(crate) label: String,
    /// Goes to the work queue itself, which the publisher declares.
    pub(crate) is_for_work: bool,
    pub(crate) envelope: Envelope,
    pub(crate) body: Bytes,
}

/// Everything about a message but its body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Envelope {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) version: u16,
    pub(crate) at_ms: i64,
    pub(crate) attempt: u32,
    /// Attempts that ended in a panic.
    pub(crate) panics: u32,
    pub(crate) trace_parent: Option<String>,
    /// Why it was put aside.
    pub(crate) why: Option<String>,
}

impl Parcel {
    pub(crate) fn new(message: Outgoing, prefix: &str) -> Self {
        let Outgoing {
            id,
            queue,
            name,
            version,
            body,
            trace_parent,
            at_ms,
        } = message;
        let envelope = Envelope {
            id,
            name,
            version,
            at_ms,
            attempt: 1,
            panics: 0,
            trace_parent,
            why: None,
        };
        Self {
            target: format!("{prefix}{queue}"),
            label: queue,
            is_for_work: true,
            envelope,
            body,
        }
    }
}

impl Envelope {
    pub(crate) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(VERSION.into(), AMQPValue::LongInt(self.version.into()));
        headers.insert(AT_MS.into(), AMQPValue::LongLongInt(self.at_ms));
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(self.attempt.into()));
        if self.panics > 0 {
            headers.insert(PANICS.into(), AMQPValue::LongLongInt(self.panics.into()));
        }
        if let Some(trace_parent) = &self.trace_parent {
            headers.insert(TRACE_PARENT.into(), text(trace_parent));
        }
        if let Some(why) = &self.why {
            let end = why.floor_char_boundary(WHY_MAX);
            headers.insert(WHY.into(), text(&why[..end]));
        }
        BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/protobuf".into())
            .with_message_id(self.id.to_string().into())
            .with_type(self.name.as_str().into())
            .with_timestamp(self.at_ms.max(0) as u64 / 1_000)
            .with_headers(headers)
    }

    /// Reads what came. A message from a stranger may lack anything; it gets the nil id and attempt
    /// 1.
    pub(crate) fn read(properties: &BasicProperties) -> Self {
        let empty = FieldTable::default();
        let headers = properties.headers().as_ref().unwrap_or(&empty);
        Self {
            id: message_id(properties).unwrap_or_default(),
            name: properties
                .kind()
                .as_ref()
                .map(ShortString::to_string)
                .unwrap_or_default(),
            version: number(headers, VERSION)
                .and_then(|n| n.try_into().ok())
                .unwrap_or_default(),
            at_ms: number(headers, AT_MS).unwrap_or_default(),
            attempt: number(headers, ATTEMPT)
                .and_then(|n| n.try_into().ok())
                .unwrap_or(1),
            panics: number(headers, PANICS)
                .and_then(|n| n.try_into().ok())
                .unwrap_or_default(),
            trace_parent: string(headers, TRACE_PARENT),
            why: string(headers, WHY),
        }
    }
}

pub(crate) fn message_id(properties: &BasicProperties) -> Option<Uuid> {
    Uuid::parse_str(properties.message_id().as_ref()?.as_str()).ok()
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn number(headers: &FieldTable, key: &str) -> Option<i64> {
    match headers.inner().get(key)? {
        AMQPValue::LongLongInt(value) => Some(*value),
        AMQPValue::LongInt(value) => Some((*value).into()),
        _ => None,
    }
}

fn string(headers: &FieldTable, key: &str) -> Option<String> {
    match headers.inner().get(key)? {
        AMQPValue::LongString(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_survives_its_properties() {
        let envelope = Envelope {
            id: Uuid::from_u128(7),
            name: "order.reserved".to_owned(),
            version: 3,
            at_ms: 1_790_000_000_123,
            attempt: 4,
            panics: 2,
            trace_parent: Some("00-a-b-01".to_owned()),
            why: Some("库存".to_owned()),
        };
        assert_eq!(Envelope::read(&envelope.properties()), envelope);
    }

    #[test]
    fn a_strangers_message_is_readable() {
        let envelope = Envelope::read(&BasicProperties::default());
        assert_eq!((envelope.id, envelope.attempt), (Uuid::nil(), 1));
    }
}
