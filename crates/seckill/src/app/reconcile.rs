use std::time::Duration;

use proto::{
    order::{SettleRequest, settle_request::Reason},
    seckill::ReconcileResponse,
};

use super::{
    App,
    audit::{Audited, Findings},
    detect::Cause,
};
use crate::{Error, metrics};

impl App {
    /// Audits an activity, looking twice; with `repair` it settles reservations that never arrived, and rebuilds
    /// the sale if the sides still differ.
    pub(crate) async fn reconcile(
        &self,
        id: i64,
        repair: bool,
    ) -> Result<ReconcileResponse, Error> {
        let Some(first) = self.audit(id).await? else {
            return Ok(ReconcileResponse::default());
        };
        let mut found = first.findings;
        let mut last = None;
        if !found.is_empty() {
            tokio::time::sleep(Duration::from_millis(self.config.audit_again_ms)).await;
            let Some(second) = self.audit(id).await? else {
                return Ok(ReconcileResponse::default());
            };
            found = found.again(&second.findings);
            last = Some(second);
        }
        metrics::audited(&found);
        let mut rebuilt = false;
        if let (true, false, Some(last)) = (repair, found.is_empty(), last) {
            tracing::error!(activity.id = id, ?found, "the two sides of a sale differ");
            self.settle_orphans(id, &found, &last).await?;
            rebuilt = self.rebuild_if_needed(id, &found).await?;
        }
        Ok(report(found, rebuilt))
    }

    async fn settle_orphans(&self, id: i64, found: &Findings, last: &Audited) -> Result<(), Error> {
        for order_id in &found.orphans {
            let Some((user_id, slots, at_ms, request_key)) = last.orphans.get(order_id) else {
                continue;
            };
            let settle = SettleRequest {
                activity_id: id,
                order_id: *order_id,
                user_id: *user_id,
                epoch: last.epoch,
                at_ms: *at_ms,
                request_key: request_key.clone(),
                slots: slots.clone(),
                reason: Reason::Expired.into(),
            };
            self.order.clone().settle(settle).await?;
        }
        Ok(())
    }

    /// Settling releases by itself; anything else on one side only is put right by a rebuild.
    async fn rebuild_if_needed(&self, id: i64, found: &Findings) -> Result<bool, Error> {
        let beyond = Findings {
            orphans: Default::default(),
            ..found.clone()
        };
        let Some(sale) = self.sales.get(id) else {
            return Ok(false);
        };
        if beyond.is_empty() || !sale.begin_rebuild() {
            return Ok(false);
        }
        self.heal(&sale, Cause::Audit).await;
        Ok(true)
    }

    /// Audits everything that sells.
    pub(crate) async fn reconcile_all(&self) -> Result<(), Error> {
        for sale in self.sales.all() {
            if self.is_due(&sale.activity()) {
                self.reconcile(sale.id(), true).await?;
            }
        }
        Ok(())
    }
}

fn report(found: Findings, rebuilt: bool) -> ReconcileResponse {
    ReconcileResponse {
        lost_units: found.lost_units.into_iter().collect(),
        doubled_units: found.doubled_units.into_iter().collect(),
        orphan_order_ids: found.orphans.into_iter().collect(),
        missing_order_ids: found.missing.into_iter().collect(),
        quiet: true,
        rebuilt,
    }
}
