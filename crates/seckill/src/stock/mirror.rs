use std::collections::HashMap;

use futures_util::future::try_join_all;

use super::Stock;
use crate::Error;

/// An accepted order has its row long before.
const PENDING_S: u32 = 3_600;
/// Buyers of a bucket are mirrored in one call; on a cluster the buckets spread over its nodes.
const BUCKETS: i64 = 8;

/// One entry of the mirror.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) user_id: i64,
    pub(crate) order_no: String,
    pub(crate) entry: String,
}

impl Stock {
    fn pending_key(&self, user: i64) -> String {
        let bucket = user % BUCKETS;
        self.kv.key(&format!("pending:{{{bucket}}}:{user}"))
    }

    pub(crate) async fn remember(&self, entries: Vec<Pending>) -> Result<(), Error> {
        let mut buckets: HashMap<i64, Vec<Pending>> = HashMap::new();
        for entry in entries {
            let bucket = buckets.entry(entry.user_id % BUCKETS).or_default();
            bucket.push(entry);
        }
        let calls = buckets.into_values().map(|entries| async move {
            let mut call = self.remember.call(&self.kv);
            for entry in &entries {
                call = call.key(self.pending_key(entry.user_id));
            }
            call = call.arg(PENDING_S);
            for entry in &entries {
                call = call.arg(&entry.order_no).arg(&entry.entry);
            }
            call.invoke::<i64>().await
        });
        try_join_all(calls).await?;
        Ok(())
    }

    /// Order numbers and entries of a buyer's mirror.
    pub(crate) async fn remembered(&self, user: i64) -> Result<Vec<(String, String)>, Error> {
        let mut all = kv::cmd("HGETALL");
        all.arg(self.pending_key(user));
        Ok(self.kv.query(&all).await?)
    }
}
