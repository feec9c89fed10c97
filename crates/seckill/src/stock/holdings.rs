use std::time::Instant;

use super::Stock;
use crate::{Error, domain::Holding};

/// Entries per command: no other buyer waits for more.
const PAGE: usize = 1_000;
/// The server of a page rests for so many times as long as the page took: buyers go first.
const REST: u32 = 3;

/// Between a page that was asked for at `asked` and the next.
pub(crate) async fn rest(asked: Instant) {
    tokio::time::sleep(asked.elapsed() * REST).await;
}

/// What Redis says is held and free. Read in pages, so it is no snapshot.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    /// `(user, slot, holding)`, some of them twice until sorted.
    pub(crate) slots: Vec<(i64, i32, Holding)>,
    pub(crate) returned: Vec<i64>,
}

impl Holdings {
    /// By user and slot, each once: a pass over a table that grows may bring an entry twice.
    pub(crate) fn sort(&mut self) {
        self.slots
            .sort_unstable_by_key(|(user, slot, _)| (*user, *slot));
        self.slots.dedup_by_key(|(user, slot, _)| (*user, *slot));
    }

    /// The order that holds a slot; of sorted ones.
    pub(crate) fn order(&self, user: i64, slot: i32) -> Option<i64> {
        let found = self
            .slots
            .binary_search_by_key(&(user, slot), |(user, slot, _)| (*user, *slot))
            .ok()?;
        self.slots.get(found).map(|(_, _, held)| held.order_id)
    }
}

impl Stock {
    /// Returned units first: one that is taken meanwhile is seen twice rather than not at all.
    pub(crate) async fn holdings(&self, activity: i64) -> Result<Holdings, Error> {
        let returned = self.returned(activity).await?;
        let key = self.key(activity, "buyers");
        let (mut slots, mut cursor) = (Vec::new(), 0_u64);
        loop {
            let asked = Instant::now();
            let mut scan = kv::cmd("HSCAN");
            scan.arg(&key).arg(cursor).arg("COUNT").arg(PAGE);
            let (next, page): (u64, Vec<(String, String)>) = self.kv.query(&scan).await?;
            slots.extend(
                page.iter()
                    .filter_map(|(field, text)| slot(activity, field, text)),
            );
            if next == 0 {
                break;
            }
            cursor = next;
            rest(asked).await;
        }
        Ok(Holdings { slots, returned })
    }

    async fn returned(&self, activity: i64) -> Result<Vec<i64>, Error> {
        let key = self.key(activity, "returned");
        let mut returned: Vec<i64> = Vec::new();
        loop {
            let mut range = kv::cmd("LRANGE");
            range
                .arg(&key)
                .arg(returned.len())
                .arg(returned.len() + PAGE - 1);
            let page: Vec<i64> = self.kv.query(&range).await?;
            let last = page.len() < PAGE;
            returned.extend(page);
            if last {
                return Ok(returned);
            }
        }
    }
}

fn slot(activity: i64, field: &str, text: &str) -> Option<(i64, i32, Holding)> {
    let read = || {
        let (user, slot) = field.split_once('/')?;
        Some((
            user.parse().ok()?,
            slot.parse().ok()?,
            Holding::parse(text)?,
        ))
    };
    let slot = read();
    if slot.is_none() {
        tracing::error!(activity.id = activity, field, "an unreadable slot");
    }
    slot
}
