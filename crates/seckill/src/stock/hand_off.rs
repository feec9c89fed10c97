use super::Stock;
use crate::{Error, domain::Unsent};

/// Entries of the hand-off list that one call brings.
const PAGE: usize = 500;
/// Entries that one pass brings: the rest has its turn when these are gone.
const PASS_MAX: usize = 10_000;

/// The hand-off list: reservations that no broker has confirmed yet.
#[derive(Debug, Default)]
pub(crate) struct HandOff {
    /// By the clock that the entries were stamped with.
    pub(crate) now_ms: i64,
    pub(crate) entries: Vec<Unsent>,
}

impl HandOff {
    /// How long the oldest has waited; 0: nothing waits.
    pub(crate) fn oldest_ms(&self) -> i64 {
        let oldest = self.entries.iter().map(|entry| entry.0.at_ms).min();
        oldest.map_or(0, |at_ms| (self.now_ms - at_ms).max(0))
    }
}

impl Stock {
    /// `now_ms`: 0 leaves it to Redis.
    pub(crate) async fn unsent(&self, activity: i64, now_ms: i64) -> Result<HandOff, Error> {
        let mut list = HandOff::default();
        let mut cursor = "0".to_owned();
        loop {
            let reply: Vec<String> = self
                .unsent
                .call(&self.kv, &self.keys(activity, ["unsent"]))
                .arg(now_ms)
                .arg(&cursor)
                .arg(PAGE)
                .invoke()
                .await?;
            let [now, next, entries @ ..] = reply.as_slice() else {
                return Err(Error::Unexpected("a hand-off list that cannot be read"));
            };
            list.now_ms = now.parse().map_err(|_| Error::Unexpected("Redis' time"))?;
            list.entries.extend(
                entries
                    .chunks_exact(2)
                    .filter_map(|entry| read(activity, entry)),
            );
            if next == "0" || list.entries.len() >= PASS_MAX {
                return Ok(list);
            }
            cursor.clone_from(next);
        }
    }

    /// How many entries each list has, or why it cannot be read.
    pub(crate) async fn unsent_counts(
        &self,
        activities: &[i64],
    ) -> Result<Vec<Result<u64, Error>>, Error> {
        let mut counts = kv::pipe();
        for &activity in activities {
            counts.hlen(self.key(activity, "unsent"));
        }
        let counts = self.kv.query_all(&counts).await?;
        let read = |count: Result<kv::Value, kv::Error>| Ok(kv::read(count?)?);
        Ok(counts.into_iter().map(read).collect())
    }

    pub(crate) async fn forget_unsent(
        &self,
        activity: i64,
        orders: &[String],
    ) -> Result<(), Error> {
        if orders.is_empty() {
            return Ok(());
        }
        let mut forget = kv::cmd("HDEL");
        forget.arg(self.key(activity, "unsent")).arg(orders);
        Ok(self.kv.query(&forget).await?)
    }
}

fn read(activity: i64, entry: &[String]) -> Option<Unsent> {
    let order = &entry[0];
    let item = order
        .parse()
        .ok()
        .and_then(|order| Unsent::parse(activity, order, &entry[1]));
    if item.is_none() {
        tracing::error!(
            activity.id = activity,
            order.id = order,
            "an unreadable entry of the hand-off list"
        );
    }
    item
}
