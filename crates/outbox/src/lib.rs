//! Messages that commit together with what they announce, and effects that commit together with
//! their receipt.
//!
//! [`append`] writes a message into the caller's transaction; a [`Relay`] hands it to the broker
//! and deletes it after the confirm, so every message is sent at least once. [`first_time`] is the
//! other end: it tells a repeat from the first delivery, in the transaction of the effect.
//!
//! Each schema that uses this crate holds the tables of `migration/` as `0100_outbox.sql` and
//! `0101_inbox.sql`.

mod metrics;
mod relay;
mod store;

use uuid::Uuid;

pub use crate::{
    relay::{Relay, Wake},
    store::{pending, prune_inbox},
};

pub const MIGRATION_OUTBOX: &str = include_str!("../migration/0100_outbox.sql");
pub const MIGRATION_INBOX: &str = include_str!("../migration/0101_inbox.sql");

/// Adds `message` to the caller's transaction and returns its id. [`Wake::now`] after the commit
/// saves it the wait for the next poll.
pub async fn append<M: mq::Message>(
    tx: &mut db::Tx<'_>,
    message: &M,
    now_ms: i64,
) -> Result<Uuid, sqlx::Error> {
    let outgoing = mq::Outgoing::of(message);
    store::insert(tx, std::slice::from_ref(&outgoing), now_ms).await?;
    Ok(outgoing.id)
}

/// Like [`append`], for many messages in few statements; ids in the messages' order.
pub async fn append_all<M: mq::Message>(
    tx: &mut db::Tx<'_>,
    messages: &[M],
    now_ms: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let outgoing: Vec<_> = messages.iter().map(mq::Outgoing::of).collect();
    store::insert(tx, &outgoing, now_ms).await?;
    Ok(outgoing.into_iter().map(|message| message.id).collect())
}

/// Whether `consumer` sees the message for the first time. The answer commits, or rolls back, with
/// the effect that the caller makes in the same transaction. `consumer` names the handler, at most
/// 64 bytes.
pub async fn first_time(
    tx: &mut db::Tx<'_>,
    consumer: &str,
    id: Uuid,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    store::insert_seen(tx, consumer, id, now_ms).await
}
