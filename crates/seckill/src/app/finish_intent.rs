//! What was recorded over an activity, carried out to the end: by the replica that recorded it, or by any
//! replica after that one died. Every step may have been done before.

use std::{sync::Arc, time::Duration};

use fault::{Code, Fault, Reason};
use futures_util::future::join_all;
use proto::{
    order::{
        OpenSaleRequest,
        fence_request::{Edit, End, Intent as FenceIntent},
    },
    product::{ReturnStockRequest, TakeStockRequest},
};

use super::{App, rebuild::Fenced, reconcile::Repair};
use crate::{
    Error,
    domain::{Activity, Intent, State},
};

impl App {
    /// Records an intent and carries it out, also when the caller has gone.
    pub(crate) async fn carry_out(
        self: &Arc<Self>,
        activity: &Activity,
        intent: Intent,
    ) -> Result<Activity, Error> {
        let (now_ms, until_ms) = (self.now_ms(), self.intent_until_ms());
        if !self
            .store
            .intend(activity, intent, now_ms, until_ms)
            .await?
        {
            return Err(Error::Changing(activity.id));
        }
        self.finish_intent(activity.id.get()).await
    }

    /// Carries out the activity's intent; answers the activity as it is afterwards. An error of a
    /// peer leaves the intent to be finished later, by anybody.
    pub(crate) async fn finish_intent(self: &Arc<Self>, id: i64) -> Result<Activity, Error> {
        fail::fail_point!("intent.after_record", |_| Err(Error::Unexpected(
            "fail point"
        )));
        let app = Arc::clone(self);
        self.detached(async move { app.work_on(id).await }).await
    }

    async fn work_on(&self, id: i64) -> Result<Activity, Error> {
        let activity = self.store.get(id).await?;
        let result = match activity.intent {
            None => Ok(()),
            Some(Intent::Publish) => self.publish(&activity).await,
            Some(Intent::Edit {
                units,
                start_ms,
                end_ms,
            }) => {
                let edited = Activity {
                    units,
                    start_ms,
                    end_ms,
                    ..activity.clone()
                };
                self.edit(&activity, edited).await
            }
            Some(Intent::End) => self.end(&activity, State::Ended).await,
            Some(Intent::Cancel) => self.end(&activity, State::Cancelled).await,
        };
        if result.is_err() {
            self.store.leave_intent(&activity, self.now_ms()).await?;
        }
        let activity = self.store.get(id).await?;
        self.sales.learn(activity.clone());
        result.map(|()| activity)
    }

    async fn publish(&self, activity: &Activity) -> Result<(), Error> {
        match self.take_stock(activity, activity.units).await {
            Ok(true) => {}
            Ok(false) => return self.refuse(activity, Error::Stock).await,
            Err(error) if error.reason() == Reason::ProductNotFound => {
                return self.refuse(activity, error).await;
            }
            Err(error) => return Err(error),
        }
        let terms = OpenSaleRequest {
            activity_id: activity.id.get(),
            version: activity.version,
            terms: Some(activity.terms()),
        };
        match self.order.clone().open_sale(terms).await {
            Ok(_) => self.finish(activity, State::Published).await,
            Err(status) => {
                let error = Error::from(status);
                // Terms that order will never take.
                if error.code() != Code::Invalid {
                    return Err(error);
                }
                self.undo(activity, activity.units).await?;
                self.refuse(activity, error).await
            }
        }
    }

    async fn refuse(&self, activity: &Activity, why: Error) -> Result<(), Error> {
        self.finish(activity, State::Refused).await?;
        Err(why)
    }

    /// A raise moves its stock first; what a lowering gives back is in the fence's own outbox.
    async fn edit(&self, activity: &Activity, edited: Activity) -> Result<(), Error> {
        let raise = edited.units - activity.units;
        if raise > 0 {
            let refused = match self.take_stock(activity, raise).await {
                Ok(true) => None,
                Ok(false) => Some(Error::Stock),
                // It was deleted; its sale goes on, and ends.
                Err(error) if error.reason() == Reason::ProductNotFound => Some(error),
                Err(error) => return Err(error),
            };
            if let Some(why) = refused {
                self.finish(activity, State::Published).await?;
                return Err(why);
            }
        }
        let edit = FenceIntent::Edit(Edit {
            version: activity.version,
            units: edited.units,
            start_ms: edited.start_ms,
            end_ms: edited.end_ms,
        });
        match self
            .fence(activity.id.get(), edit, self.intent_patience())
            .await?
        {
            // Another replica finished this intent, and another one after it: nothing here is ours to
            // undo.
            Fenced::NotApplied { version, .. } if version > activity.version => Ok(()),
            Fenced::Installed { .. } | Fenced::NotApplied { refused: false, .. } => {
                self.finish(&edited, State::Published).await
            }
            Fenced::NotApplied { refused: true, .. } => {
                self.undo(activity, raise).await?;
                self.finish(activity, State::Published).await?;
                Err(Error::UnitsBelowSold(activity.id))
            }
            // Order says so only to an edit that it has not dealt with.
            Fenced::Ended => {
                self.undo(activity, raise).await?;
                self.finish(activity, State::Ended).await?;
                Err(Error::Over(activity.id))
            }
        }
    }

    async fn end(&self, activity: &Activity, state: State) -> Result<(), Error> {
        self.last_audit(activity).await;
        let end = FenceIntent::End(End {
            version: activity.version,
            cancelled: state == State::Cancelled,
        });
        self.fence(activity.id.get(), end, self.intent_patience())
            .await?;
        self.finish(activity, state).await
    }

    /// Reservations that never arrived are handed off again while they still can land.
    async fn last_audit(&self, activity: &Activity) {
        if let Err(error) = self.reconcile(activity.id.get(), Repair::HandOff).await {
            let error = fault::chain(&error);
            tracing::info!(activity.id = activity.id.get(), error, "no last audit");
        }
    }

    /// A rebuild is done by then, or dead and its lease over.
    fn intent_patience(&self) -> Duration {
        self.config.courtesy() + Duration::from_millis(self.config.lease_ms)
    }

    async fn finish(&self, activity: &Activity, state: State) -> Result<(), Error> {
        self.store.finish(activity, state, self.now_ms()).await
    }

    /// False: the product has fewer. The product answers a repeated key as it did at first.
    async fn take_stock(&self, activity: &Activity, units: i64) -> Result<bool, Error> {
        let take = TakeStockRequest {
            key: activity.stock_key(),
            product_id: activity.product.get(),
            units,
        };
        let taken = self.product.clone().take_stock(take).await?;
        fail::fail_point!("intent.after_stock", |_| Err(Error::Unexpected(
            "fail point"
        )));
        Ok(taken.into_inner().taken)
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
    pub async fn finish_intents(self: &Arc<Self>) -> Result<(), Error> {
        let now_ms = self.now_ms();
        for activity in self.store.due_to_end(now_ms).await? {
            // Left to anybody at once: the list below finds it.
            self.store
                .intend(&activity, Intent::End, now_ms, now_ms - 1)
                .await?;
        }
        let mut adopted = Vec::new();
        for id in self.store.abandoned_intents(now_ms).await? {
            let until_ms = self.intent_until_ms();
            if self.store.adopt_intent(id, now_ms, until_ms).await? {
                adopted.push(self.carry_on(id));
            }
        }
        join_all(adopted).await;
        Ok(())
    }

    async fn carry_on(self: &Arc<Self>, id: i64) {
        match self.finish_intent(id).await {
            Ok(activity) => {
                let state = activity.state.name();
                tracing::info!(activity.id = id, state, "an intent was finished");
            }
            Err(error) => {
                let error = fault::chain(&error);
                tracing::warn!(activity.id = id, error, "an intent came to nothing for now");
            }
        }
    }
}
