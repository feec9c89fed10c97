use std::collections::HashMap;

use futures_util::future::try_join_all;

use super::Stock;
use crate::Error;

/// A mirror is kept by the hour, and read for this one and the one before: an accepted order has
/// its row long before.
const HOUR_MS: i64 = 3_600_000;
const EXPIRY_S: u32 = 2 * 3_600;
/// Buyers of a bucket are mirrored in one call; on a cluster the buckets spread over its nodes.
const BUCKETS: i64 = 8;

/// One entry of the mirror: a line of text.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) user_id: i64,
    pub(crate) entry: String,
}

impl Stock {
    fn pending_key(&self, bucket: i64, hour: i64) -> String {
        self.kv.key(&format!("pending:{{{bucket}}}:{hour}"))
    }

    pub(crate) async fn remember(&self, now_ms: i64, entries: Vec<Pending>) -> Result<(), Error> {
        let mut buckets: HashMap<i64, Vec<Pending>> = HashMap::new();
        for entry in entries {
            let bucket = buckets.entry(entry.user_id % BUCKETS).or_default();
            bucket.push(entry);
        }
        let calls = buckets.into_iter().map(|(bucket, entries)| async move {
            let mut call = self
                .remember
                .call(&self.kv)
                .key(self.pending_key(bucket, now_ms / HOUR_MS))
                .arg(EXPIRY_S);
            for entry in &entries {
                call = call.arg(entry.user_id).arg(&entry.entry);
            }
            call.invoke::<i64>().await
        });
        try_join_all(calls).await?;
        Ok(())
    }

    /// The entries of a buyer's mirror.
    pub(crate) async fn remembered(&self, now_ms: i64, user: i64) -> Result<Vec<String>, Error> {
        let hour = now_ms / HOUR_MS;
        let looks = [hour - 1, hour].map(|hour| async move {
            let mut get = kv::cmd("HGET");
            get.arg(self.pending_key(user % BUCKETS, hour)).arg(user);
            self.kv.query::<Option<String>>(&get).await
        });
        let found = try_join_all(looks).await?;
        let lines = found.iter().flatten().flat_map(|text| text.lines());
        Ok(lines.map(str::to_owned).collect())
    }
}
