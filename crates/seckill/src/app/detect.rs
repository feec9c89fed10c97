//! Whether a sale in Redis is what it should be. A false alarm costs one rebuild and is safe.

use std::sync::Arc;

use super::{App, rebuild::Fenced};
use crate::{Error, domain::State, metrics, sales::Sale, stock::Look};

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
    /// A key is missing.
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
    /// Looks at every sale that should be in Redis, and starts the rebuild of those that are not well. `spawn`
    /// runs a rebuild beside the others.
    pub(crate) async fn detect(
        self: &Arc<Self>,
        spawn: impl Fn(Arc<Self>, Arc<Sale>, Cause),
    ) -> Result<(), Error> {
        self.refresh().await?;
        let suspects = self.hear_epochs().await?;
        for sale in self.sales.all() {
            let activity = sale.activity();
            if matches!(activity.state, State::Ended | State::Cancelled) {
                self.stock.remove(sale.id()).await?;
                continue;
            }
            if !self.is_due(&activity) {
                continue;
            }
            let look = self.stock.look(sale.id()).await?;
            metrics::looked(sale.id(), look.as_ref());
            if let Some(cause) = self
                .judge(&sale, look, suspects.contains(&sale.id()))
                .await?
                && sale.begin_rebuild()
            {
                spawn(Arc::clone(self), sale, cause);
            }
        }
        Ok(())
    }

    async fn judge(
        &self,
        sale: &Sale,
        look: Option<Look>,
        suspect: bool,
    ) -> Result<Option<Cause>, Error> {
        let Some(look) = look else {
            return Ok(Some(Cause::Absent));
        };
        if look.epoch != sale.epoch() {
            // A fence of ours that is being installed right now is not news.
            let leased = self.store.is_leased(sale.id(), self.now_ms()).await?;
            return Ok((!leased).then_some(Cause::OtherEpoch));
        }
        if look.server != self.stock.server(sale.id()).await? {
            return Ok(Some(Cause::OtherServer));
        }
        if suspect {
            return Ok(Some(Cause::Suspect));
        }
        if !look.open {
            let leased = self.store.is_leased(sale.id(), self.now_ms()).await?;
            return Ok((!leased).then_some(Cause::Abandoned));
        }
        Ok(look.is_torn().then_some(Cause::Torn))
    }

    /// Rebuilds a sale that [`detect`](Self::detect) found, and says how it went.
    pub(crate) async fn heal(&self, sale: &Sale, cause: Cause) {
        let result = self.rebuild(sale.id()).await;
        sale.end_rebuild();
        let outcome = match &result {
            Ok(Fenced::Installed { .. } | Fenced::Ended | Fenced::NotApplied { .. }) => "ok",
            Err(Error::Leased(_)) => "leased",
            Err(_) => "failed",
        };
        metrics::rebuilt(cause.name(), outcome);
        match result {
            Ok(done) => {
                tracing::info!(
                    activity.id = sale.id(),
                    cause = cause.name(),
                    ?done,
                    "a sale was rebuilt"
                );
            }
            Err(Error::Leased(_)) => {}
            Err(error) => {
                let error = fault::chain(&error);
                tracing::warn!(
                    activity.id = sale.id(),
                    cause = cause.name(),
                    error,
                    "a rebuild failed"
                );
            }
        }
    }
}
