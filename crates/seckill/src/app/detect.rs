//! Whether a sale in Redis is what it should be. A false alarm costs one rebuild and is safe.

use std::{collections::HashSet, sync::Arc};

use futures_util::future::join_all;
use kv::ServerIdentity;

use super::{App, rebuild::Fenced};
use crate::{
    Error,
    domain::State,
    metrics,
    sales::{Rebuilding, Sale},
    stock::Look,
};

/// Sales that are looked at together.
const TOGETHER: usize = 32;

/// Why a sale has to be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It was never there, or Redis was wiped.
    Absent,
    /// Order fenced without us, or Redis went back.
    OtherEpoch,
    /// Redis restarted or failed over: what it held may be older than what was said.
    OtherServer,
    /// Order met a duplicate unit or buyer.
    Suspect,
    /// A rebuilder died.
    Abandoned,
    /// A key is missing, or cannot be read.
    Torn,
    /// The audit found a unit or a buyer on one side only.
    Audit,
}

impl Cause {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::OtherEpoch => "other_epoch",
            Self::OtherServer => "other_server",
            Self::Suspect => "suspect",
            Self::Abandoned => "abandoned",
            Self::Torn => "torn",
            Self::Audit => "audit",
        }
    }
}

impl App {
    /// Looks at every sale that should be in Redis, and starts the rebuild of those that are not
    /// well, each beside the others. Keys of a sale that is over go.
    pub async fn detect(self: &Arc<Self>) -> Result<(), Error> {
        let suspects = self.poll_epochs().await?;
        for sales in self.sales.all().chunks(TOGETHER) {
            if let Err(error) = self.detect_among(sales, &suspects).await {
                let ids: Vec<i64> = sales.iter().map(|sale| sale.id).collect();
                let error = fault::chain(&error);
                tracing::warn!(activity.ids = ?ids, error, "sales were not looked at");
            }
        }
        Ok(())
    }

    async fn detect_among(
        self: &Arc<Self>,
        sales: &[Arc<Sale>],
        suspects: &HashSet<i64>,
    ) -> Result<(), Error> {
        let (mut over, mut due, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for sale in sales {
            let activity = sale.activity();
            if matches!(activity.state, State::Ended | State::Cancelled) {
                metrics::forget(sale.id);
                over.push(sale.id);
            } else if self.is_due(&activity) {
                due.push(sale);
                ids.push(sale.id);
            }
        }
        self.stock.remove(&over).await?;
        let looks = self.stock.look_all(&ids).await?;
        // After the looks: what they saw was on no later server than this.
        let servers = self.stock.servers(&ids).await?;
        let judged = due.into_iter().zip(looks).zip(servers);
        let judged = judged.map(async |((sale, look), server)| {
            let suspect = suspects.contains(&sale.id);
            match self.judge(sale, look, server, suspect).await {
                Ok(Some(cause)) => self.heal_detached(sale, cause),
                Ok(None) => {}
                Err(error) => {
                    let error = fault::chain(&error);
                    tracing::warn!(activity.id = sale.id, error, "a sale was not judged");
                }
            }
        });
        join_all(judged).await;
        Ok(())
    }

    fn heal_detached(self: &Arc<Self>, sale: &Arc<Sale>, cause: Cause) {
        if let Some(turn) = sale.begin_rebuild() {
            let app = Arc::clone(self);
            self.tracker.spawn(async move {
                let _permit = app.rebuilds_running.acquire().await;
                app.heal(turn, cause).await
            });
        }
    }

    async fn judge(
        &self,
        sale: &Sale,
        look: Result<Option<Look>, Error>,
        server: Result<ServerIdentity, kv::Error>,
        suspect: bool,
    ) -> Result<Option<Cause>, Error> {
        let look = match look {
            Err(Error::Unexpected(_)) => return Ok(Some(Cause::Torn)),
            look => look?,
        };
        metrics::looked(sale.id, look.as_ref());
        sale.remember_look(look.as_ref());
        let Some(look) = look else {
            return Ok(Some(Cause::Absent));
        };
        sale.saw(look.next, look.returned, self.now_ms());
        if look.epoch != sale.epoch() && !self.is_our_news_old(sale, &look).await? {
            // A fence that is being installed right now is not news.
            return self.unless_leased(sale, Cause::OtherEpoch).await;
        }
        if look.server != server? {
            return Ok(Some(Cause::OtherServer));
        }
        if suspect {
            return Ok(Some(Cause::Suspect));
        }
        if !look.open {
            return self.unless_leased(sale, Cause::Abandoned).await;
        }
        Ok(look.is_torn().then_some(Cause::Torn))
    }

    /// Another replica may have fenced and installed since we asked order.
    async fn is_our_news_old(&self, sale: &Sale, look: &Look) -> Result<bool, Error> {
        self.poll_epochs().await?;
        Ok(look.epoch == sale.epoch())
    }

    async fn unless_leased(&self, sale: &Sale, cause: Cause) -> Result<Option<Cause>, Error> {
        let leased = self.store.is_leased(sale.id, self.now_ms()).await?;
        Ok((!leased).then_some(cause))
    }

    /// Rebuilds a sale, and says how it went.
    pub(crate) async fn heal(&self, turn: Rebuilding, cause: Cause) -> bool {
        let (id, cause) = (turn.sale().id, cause.name());
        let result = self.rebuild(id).await;
        drop(turn);
        match result {
            Ok(done) => {
                metrics::rebuilt(cause, "ok");
                let epoch = match done {
                    Fenced::Installed { epoch } => Some(epoch),
                    Fenced::Ended | Fenced::NotApplied { .. } => None,
                };
                tracing::info!(
                    activity.id = id,
                    sale.epoch = epoch,
                    cause,
                    "a sale was rebuilt"
                );
                true
            }
            // The holder of the lease counts it.
            Err(Error::Leased(_)) => false,
            Err(error) => {
                metrics::rebuilt(cause, "failed");
                let error = fault::chain(&error);
                tracing::warn!(activity.id = id, cause, error, "a rebuild failed");
                false
            }
        }
    }
}
