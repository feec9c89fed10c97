use std::{sync::Arc, time::Duration};

use proto::{
    order::{OutcomeRequest, ReservedItem},
    seckill::ReconcileResponse,
};

use super::{
    App,
    audit::{Audited, Findings},
    detect::Cause,
};
use crate::{Error, metrics};

/// What may be done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repair {
    Nothing,
    /// Reservations that never arrived are handed off again.
    HandOff,
    /// And the sale is rebuilt if the sides still differ.
    Rebuild,
}

impl App {
    /// Audits an activity, looking twice, and repairs what both looks found.
    pub(crate) async fn reconcile(
        &self,
        id: i64,
        repair: Repair,
    ) -> Result<ReconcileResponse, Error> {
        let Some(first) = self.audit(id).await? else {
            return Ok(ReconcileResponse::default());
        };
        if first.findings.is_empty() {
            return Ok(report(first.findings, false));
        }
        tokio::time::sleep(Duration::from_millis(self.config.audit_again_ms)).await;
        let Some(second) = self.audit(id).await? else {
            return Ok(ReconcileResponse::default());
        };
        let found = first.findings.again(&second.findings);
        metrics::audited(&found);
        if found.is_empty() {
            return Ok(report(found, false));
        }
        tracing::error!(activity.id = id, ?found, "the two sides of a sale differ");
        if repair == Repair::Nothing {
            return Ok(report(found, false));
        }
        let stuck = self.hand_off_again(&found, second).await?;
        let differ = stuck
            || !found.lost_units.is_empty()
            || !found.doubled_units.is_empty()
            || !found.missing.is_empty();
        let rebuilt = differ && repair == Repair::Rebuild && self.rebuild_after_audit(id).await;
        Ok(report(found, rebuilt))
    }

    /// Publishes reservations that have no row once more. One whose message is only late, in the hands of a consumer
    /// where no queue shows it, lands once all the same. Answers whether an order has its row and its slots: no
    /// message changes that.
    async fn hand_off_again(&self, found: &Findings, last: Audited) -> Result<bool, Error> {
        let mut stuck = false;
        let mut lost: Vec<ReservedItem> = Vec::new();
        for item in last.orphans.into_values() {
            if !found.orphans.contains(&item.order_id) {
                continue;
            }
            let asked = OutcomeRequest {
                activity_id: item.activity_id,
                order_id: item.order_id,
            };
            let outcome = self.order.clone().outcome(asked).await?.into_inner();
            match outcome.order {
                Some(_) => stuck = true,
                None => lost.push(item),
            }
        }
        // What the broker does not take, the next audit finds again.
        self.hand_off_all(&lost).await;
        Ok(stuck)
    }

    async fn rebuild_after_audit(&self, id: i64) -> bool {
        let turn = self.sales.get(id).and_then(|sale| sale.begin_rebuild());
        match turn {
            Some(turn) => self.heal(turn, Cause::Audit).await,
            None => false,
        }
    }

    /// As an administrator asks for it: goes on when the caller is gone.
    pub(crate) async fn reconcile_now(
        self: &Arc<Self>,
        id: i64,
        repair: bool,
    ) -> Result<ReconcileResponse, Error> {
        self.store.get(id).await?;
        let repair = if repair {
            Repair::Rebuild
        } else {
            Repair::Nothing
        };
        let app = Arc::clone(self);
        self.detached(async move { app.reconcile(id, repair).await })
            .await
    }

    /// Audits everything that sells, one after the other.
    pub async fn reconcile_all(&self) -> Result<(), Error> {
        for sale in self.sales.all() {
            if !self.is_due(&sale.activity()) {
                continue;
            }
            if let Err(error) = self.reconcile(sale.id, Repair::Rebuild).await {
                let error = fault::chain(&error);
                tracing::warn!(activity.id = sale.id, error, "a sale was not audited");
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
