//! Which queues exist, and with which arguments: the same on RabbitMQ 3.10 and 4.x. An argument
//! that changes needs a new queue name, since the broker refuses to redeclare a queue differently.

use lapin::{
    Channel,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};

/// Redeliveries until the broker parks a message by itself. 4.x defaults to 20, which a few
/// restarts use up; 3.10 misreads -1.
const DELIVERY_LIMIT: i64 = 1_000_000;
/// Messages in a work queue; above, publishers get a nack.
const LENGTH_MAX: i64 = 1_000_000;

pub(crate) fn dead_queue(queue: &str) -> String {
    format!("{queue}.dead")
}

pub(crate) fn retry_queue(queue: &str, delay_s: u32) -> String {
    format!("{queue}.retry.{delay_s}s")
}

/// The delay after `attempt` (1, 2 …) failed.
pub(crate) fn retry_delay_s(ladder: &[u32], attempt: u32) -> u32 {
    const NO_LADDER_S: u32 = 5;
    let step = attempt.saturating_sub(1) as usize;
    ladder
        .get(step)
        .or(ladder.last())
        .copied()
        .unwrap_or(NO_LADDER_S)
}

/// The work queue and its parking lot: what a publisher needs.
pub(crate) async fn declare_work(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let dead = dead_queue(queue);
    declare(channel, &dead, quorum()).await?;
    let mut arguments = dead_lettering_to(&dead);
    arguments.insert(
        "x-delivery-limit".into(),
        AMQPValue::LongLongInt(DELIVERY_LIMIT),
    );
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(LENGTH_MAX));
    declare(channel, queue, arguments).await
}

/// The ladder too: what a consumer needs. One queue per delay, since a message whose time has come
/// waits behind one whose time has not.
pub(crate) async fn declare_all(
    channel: &Channel,
    queue: &str,
    ladder: &[u32],
) -> lapin::Result<()> {
    declare_work(channel, queue).await?;
    for delay_s in delays_s(ladder) {
        let mut arguments = dead_lettering_to(queue);
        let delay_ms = i64::from(delay_s) * 1_000;
        arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(delay_ms));
        declare(channel, &retry_queue(queue, delay_s), arguments).await?;
    }
    Ok(())
}

/// All queues of one message, the work queue last.
pub(crate) fn names(queue: &str, ladder: &[u32]) -> Vec<String> {
    let mut names: Vec<_> = delays_s(ladder)
        .map(|delay_s| retry_queue(queue, delay_s))
        .collect();
    names.extend([dead_queue(queue), queue.to_owned()]);
    names
}

pub(crate) fn delays_s(ladder: &[u32]) -> impl Iterator<Item = u32> {
    (1..=ladder.len().max(1)).map(|attempt| retry_delay_s(ladder, attempt as u32))
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    arguments
}

/// At-least-once moves a message only when the target has it; it needs `reject-publish`.
fn dead_lettering_to(target: &str) -> FieldTable {
    let mut arguments = quorum();
    for (key, value) in [
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", target),
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(key.into(), AMQPValue::LongString(value.into()));
    }
    arguments
}

async fn declare(channel: &Channel, queue: &str, arguments: FieldTable) -> lapin::Result<()> {
    channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_of_a_ladder_repeats() {
        let delays = [1, 2, 3, 4, 100].map(|attempt| retry_delay_s(&[1, 5, 30], attempt));
        assert_eq!(delays, [1, 5, 30, 30, 30]);
    }
}
