//! A sale in Redis: its keys, its scripts and what they answer.
//!
//! All keys of a sale share the tag `{sale:<activity>}`: `meta`, `returned`, `buyers`, `unsent`.

mod hand_off;
mod held;
mod holdings;
mod install;
mod look;
mod pre_check;
mod reserve;

use kv::{Kv, Script, ServerIdentity};

use crate::Error;

pub(crate) use hand_off::HandOff;
pub(crate) use held::{Held, HeldIn};
pub(crate) use holdings::{Holdings, rest};
pub(crate) use look::Look;
pub(crate) use pre_check::PreCheck;
pub(crate) use reserve::{BuyerRequest, Decision, SaleReply, ScriptCall};

#[derive(Debug, Clone)]
pub(crate) struct Stock {
    kv: Kv,
    reserve: Script,
    release: Script,
    pause: Script,
    stage: Script,
    install: Script,
    look: Script,
    unsent: Script,
}

impl Stock {
    pub(crate) fn new(kv: Kv) -> Self {
        Self {
            kv,
            reserve: Script::new("reserve", include_str!("lua/reserve.lua")),
            release: Script::new("release", include_str!("lua/release.lua")),
            pause: Script::new("pause", include_str!("lua/pause.lua")),
            stage: Script::new("stage", include_str!("lua/stage.lua")),
            install: Script::new("install", include_str!("lua/install.lua")),
            look: Script::new("look", include_str!("lua/look.lua")),
            unsent: Script::new("unsent", include_str!("lua/unsent.lua")),
        }
    }

    fn key(&self, activity: i64, part: &str) -> String {
        self.kv.key(&format!("{{sale:{activity}}}:{part}"))
    }

    fn keys<const N: usize>(&self, activity: i64, parts: [&str; N]) -> [String; N] {
        parts.map(|part| self.key(activity, part))
    }

    /// Gives back what the order's slots still hold; answers how many units. `None`: Redis is
    /// absent or behind.
    pub(crate) async fn release(
        &self,
        activity: i64,
        epoch: i64,
        order_id: i64,
        user_id: i64,
        slots: &[i32],
    ) -> Result<Option<i64>, Error> {
        let released: i64 = self
            .release
            .call(
                &self.kv,
                &self.keys(activity, ["meta", "returned", "buyers"]),
            )
            .arg(epoch)
            .arg(order_id)
            .arg(user_id)
            .arg(slots)
            .invoke()
            .await?;
        Ok((released >= 0).then_some(released))
    }

    pub(crate) async fn pause(&self, activity: i64, epoch: i64) -> Result<bool, Error> {
        let paused: i64 = self
            .pause
            .call(&self.kv, &self.keys(activity, ["meta"]))
            .arg(epoch)
            .invoke()
            .await?;
        Ok(paused == 1)
    }

    /// Which server holds each sale's keys, with which history.
    pub(crate) async fn servers(
        &self,
        activities: &[i64],
    ) -> Result<Vec<Result<ServerIdentity, kv::Error>>, Error> {
        let meta = activities.iter().map(|&id| self.key(id, "meta"));
        let keys: Vec<String> = meta.collect();
        Ok(self.kv.run_ids(&keys).await?)
    }

    /// Removes what sells. The hand-off lists stay until the relay has emptied them.
    pub(crate) async fn remove(&self, activities: &[i64]) -> Result<(), Error> {
        let mut remove = kv::pipe();
        for &activity in activities {
            remove.unlink(&self.keys(activity, ["meta", "returned", "buyers"]));
        }
        let removed = self.kv.query_all(&remove).await?;
        removed
            .into_iter()
            .try_for_each(|removed| Ok(removed.map(drop)?))
    }
}

/// What a script says of a sale; nothing of one that is absent. `unreadable` is the error's text.
fn present<T>(
    reply: &[String],
    read: impl FnOnce(&[String]) -> Option<T>,
    unreadable: &'static str,
) -> Result<Option<T>, Error> {
    if reply.is_empty() {
        return Ok(None);
    }
    read(reply).map(Some).ok_or(Error::Unexpected(unreadable))
}
