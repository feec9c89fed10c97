use kv::ServerIdentity;

use super::{Stock, present};
use crate::Error;

/// A sale as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) epoch: i64,
    pub(crate) open: bool,
    pub(crate) units: i64,
    pub(crate) next: i64,
    pub(crate) returned: i64,
    pub(crate) held: i64,
    pub(crate) unsent: i64,
    pub(crate) server: ServerIdentity,
}

impl Look {
    pub(crate) fn available(&self) -> i64 {
        (self.units - self.next + self.returned).max(0)
    }

    /// Whether a key was lost.
    pub(crate) fn is_torn(&self) -> bool {
        self.held + self.returned != self.next
    }
}

const UNREADABLE: &str = "a meta that cannot be read";

impl Stock {
    /// `None`: absent. A meta that cannot be read is [`Error::Unexpected`].
    pub(crate) async fn look(&self, activity: i64) -> Result<Option<Look>, Error> {
        let reply: Vec<String> = self.look_call(activity).invoke().await?;
        present(&reply, read, UNREADABLE)
    }

    /// [`look`](Self::look) at each, sent together.
    pub(crate) async fn look_all(
        &self,
        activities: &[i64],
    ) -> Result<Vec<Result<Option<Look>, Error>>, Error> {
        let calls = activities.iter().map(|&activity| self.look_call(activity));
        let replies = self.look.invoke_all(&self.kv, calls).await?;
        let read = |reply: Result<Vec<String>, kv::Error>| present(&reply?, read, UNREADABLE);
        Ok(replies.into_iter().map(read).collect())
    }

    fn look_call(&self, activity: i64) -> kv::Call<'_> {
        let keys = self.keys(activity, ["meta", "returned", "buyers", "unsent"]);
        self.look.call(&self.kv, &keys)
    }
}

fn read(reply: &[String]) -> Option<Look> {
    let [
        epoch,
        state,
        units,
        next,
        returned,
        held,
        unsent,
        run_id,
        replication_id,
    ] = reply
    else {
        return None;
    };
    Some(Look {
        epoch: epoch.parse().ok()?,
        open: state == "open",
        units: units.parse().ok()?,
        next: next.parse().ok()?,
        returned: returned.parse().ok()?,
        held: held.parse().ok()?,
        unsent: unsent.parse().ok()?,
        server: ServerIdentity {
            run_id: run_id.clone(),
            replication_id: replication_id.clone(),
        },
    })
}
