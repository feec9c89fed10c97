//! What was recorded over an activity, carried out to the end: by whoever recorded it, or by any replica after
//! that one died. Every step may have been done before.

use proto::{
    order::{
        OpenSaleRequest,
        fence_request::{Edit, End, Intent as FenceIntent},
    },
    product::{ReturnStockRequest, TakeStockRequest},
};

use super::{App, rebuild::Fenced};
use crate::{
    Error,
    domain::{Activity, Intent, State},
};

impl App {
    /// Carries out the activity's intent; answers the activity as it is afterwards. An error of a peer leaves the
    /// intent to be finished later.
    pub(crate) async fn finish_intent(&self, id: i64) -> Result<Activity, Error> {
        fail::fail_point!("intent.after_record", |_| Err(Error::Protocol(
            "fail point"
        )));
        let activity = self.store.get(id).await?;
        let result = match activity.intent {
            None => Ok(()),
            Some(Intent::Publish) => self.publish(&activity).await,
            Some(Intent::Edit {
                units,
                start_ms,
                end_ms,
            }) => self.edit(&activity, units, start_ms, end_ms).await,
            Some(Intent::End) => self.end(&activity, State::Ended).await,
            Some(Intent::Cancel) => self.end(&activity, State::Cancelled).await,
        };
        let activity = self.store.get(id).await?;
        self.sales.add(activity.clone());
        result.map(|()| activity)
    }

    async fn publish(&self, activity: &Activity) -> Result<(), Error> {
        if self.store.overlapping(activity).await?.is_some() {
            self.store
                .finish(activity, State::Refused, self.now_ms())
                .await?;
            return Err(Error::Overlaps(activity.product.get()));
        }
        if !self.take_stock(activity, activity.units).await? {
            self.store
                .finish(activity, State::Refused, self.now_ms())
                .await?;
            return Err(Error::Stock);
        }
        let terms = OpenSaleRequest {
            activity_id: activity.id.get(),
            version: activity.version,
            terms: Some(activity.terms()),
        };
        self.order.clone().open_sale(terms).await?;
        self.store
            .finish(activity, State::Published, self.now_ms())
            .await
    }

    /// A raise moves its stock first; what a lowering gives back is in the fence's own outbox.
    async fn edit(
        &self,
        activity: &Activity,
        units: i64,
        start_ms: i64,
        end_ms: i64,
    ) -> Result<(), Error> {
        let raise = units - activity.units;
        if raise > 0 && !self.take_stock(activity, raise).await? {
            self.store
                .finish(activity, State::Published, self.now_ms())
                .await?;
            return Err(Error::Stock);
        }
        let edit = Edit {
            version: activity.version,
            units,
            start_ms,
            end_ms,
        };
        match self
            .fence(activity.id.get(), FenceIntent::Edit(edit))
            .await?
        {
            Fenced::Installed { .. } | Fenced::NotApplied { refused: false, .. } => {
                let edited = Activity {
                    units,
                    start_ms,
                    end_ms,
                    ..activity.clone()
                };
                self.store
                    .finish(&edited, State::Published, self.now_ms())
                    .await
            }
            Fenced::NotApplied { refused: true, .. } => {
                self.undo(activity, raise).await?;
                self.store
                    .finish(activity, State::Published, self.now_ms())
                    .await?;
                Err(Error::UnitsBelowSold(activity.id))
            }
            Fenced::Ended => {
                self.undo(activity, raise).await?;
                self.store
                    .finish(activity, State::Ended, self.now_ms())
                    .await?;
                Err(Error::Over(activity.id))
            }
        }
    }

    async fn end(&self, activity: &Activity, state: State) -> Result<(), Error> {
        let end = End {
            version: activity.version,
            cancelled: state == State::Cancelled,
        };
        self.fence(activity.id.get(), FenceIntent::End(end)).await?;
        self.store.finish(activity, state, self.now_ms()).await
    }

    /// False: the product has fewer. The product answers a repeated key as it did at first.
    async fn take_stock(&self, activity: &Activity, units: i64) -> Result<bool, Error> {
        let take = TakeStockRequest {
            key: activity.stock_key(),
            product_id: activity.product.get(),
            units,
        };
        let taken = self
            .product
            .clone()
            .take_stock(take)
            .await?
            .into_inner()
            .taken;
        fail::fail_point!("intent.after_stock", |_| Err(Error::Protocol("fail point")));
        Ok(taken)
    }

    async fn undo(&self, activity: &Activity, units: i64) -> Result<(), Error> {
        if units <= 0 {
            return Ok(());
        }
        let back = ReturnStockRequest {
            key: format!("{}/undo", activity.stock_key()),
            product_id: activity.product.get(),
            units,
        };
        self.product.clone().return_stock(back).await?;
        Ok(())
    }

    /// Takes over intents whose worker died, and begins the end of activities whose time is up.
    pub(crate) async fn finish_intents(&self) -> Result<(), Error> {
        let now_ms = self.now_ms();
        for activity in self.store.due_to_end(now_ms).await? {
            let id = activity.id.get();
            let until_ms = self.intent_until_ms();
            if self
                .store
                .intend(id, activity.version, Intent::End, now_ms, until_ms)
                .await?
            {
                self.carry_on(id).await;
            }
        }
        for id in self.store.abandoned_intents(now_ms).await? {
            if self
                .store
                .adopt_intent(id, now_ms, self.intent_until_ms())
                .await?
            {
                self.carry_on(id).await;
            }
        }
        Ok(())
    }

    async fn carry_on(&self, id: i64) {
        match self.finish_intent(id).await {
            Ok(activity) => {
                tracing::info!(
                    activity.id = id,
                    state = activity.state.name(),
                    "an intent was finished"
                );
            }
            Err(error) => {
                let error = fault::chain(&error);
                tracing::warn!(activity.id = id, error, "an intent is not finished");
            }
        }
    }
}
