//! Pause, wait politely, fence, install: how a sale comes into Redis, at first and ever after.

use std::{sync::atomic::Ordering, time::Duration};

use proto::order::{
    FenceRequest, Fenced as Answer, LiveUnit, Terms,
    fence_chunk::Part,
    fence_request::{Intent, Rebuild},
    fenced::Outcome,
};
use tokio::time::Instant;

use super::App;
use crate::Error;

/// What came of a fence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fenced {
    /// The epoch was bumped; its snapshot is in Redis, unless a higher one is.
    Installed { epoch: i64, terms: Terms },
    /// The sale has ended, now or before.
    Ended,
    /// The edit changed nothing: it was applied before, or is refused.
    NotApplied { refused: bool, terms: Option<Terms> },
}

/// Pauses between looks during the courtesy wait.
const LOOK_PERIOD: Duration = Duration::from_millis(100);
/// Epochs that may pass us by before we give up for now.
const TRIES_MAX: usize = 5;

impl App {
    pub(crate) async fn rebuild(&self, activity: i64) -> Result<Fenced, Error> {
        self.fence(activity, Intent::Rebuild(Rebuild {})).await
    }

    /// Runs one fence whole, under a lease that others take over if we die.
    pub(crate) async fn fence(&self, activity: i64, intent: Intent) -> Result<Fenced, Error> {
        let owner = format!(
            "{}/{}",
            self.owner,
            self.fences.fetch_add(1, Ordering::Relaxed)
        );
        self.take_lease(activity, &owner).await?;
        let work = self.fence_leased(activity, intent);
        let result = tokio::select! {
            result = work => result,
            lost = self.keep_lease(activity, &owner) => Err(lost),
        };
        self.store.unlease(activity, &owner).await?;
        result
    }

    async fn take_lease(&self, activity: i64, owner: &str) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let until_ms = now_ms + self.config.lease_ms();
        if self.store.lease(activity, owner, now_ms, until_ms).await? {
            return Ok(());
        }
        let id = ids::ActivityId::try_from(activity).map_err(|_| Error::NotFound(activity))?;
        Err(Error::Leased(id))
    }

    /// Ends only when the lease is lost.
    async fn keep_lease(&self, activity: i64, owner: &str) -> Error {
        let period = Duration::from_millis(self.config.lease_ms / 3);
        loop {
            tokio::time::sleep(period).await;
            if let Err(error) = self.take_lease(activity, owner).await {
                return error;
            }
        }
    }

    async fn fence_leased(&self, activity: i64, intent: Intent) -> Result<Fenced, Error> {
        self.hear_epochs().await?;
        let mut epoch = self.sales.get(activity).map_or(0, |sale| sale.epoch());
        for _ in 0..TRIES_MAX {
            // Redis may be away: the fence does not need it.
            if let Err(error) = self.stock.pause(activity, epoch).await {
                tracing::info!(activity.id = activity, error = %fault::chain(&error), "could not pause");
            }
            fail::fail_point!("rebuild.after_pause", |_| Err(Error::Protocol(
                "fail point"
            )));
            self.courtesy_wait(activity, epoch).await;
            let (answer, live) = self.ask_fence(activity, epoch, intent.clone()).await?;
            fail::fail_point!("rebuild.after_fence", |_| Err(Error::Protocol(
                "fail point"
            )));
            match answer.outcome() {
                Outcome::OtherEpoch => epoch = answer.epoch,
                _ => return self.follow(activity, &intent, answer, &live).await,
            }
        }
        Err(Error::Protocol("another epoch again and again"))
    }

    async fn follow(
        &self,
        activity: i64,
        intent: &Intent,
        answer: Answer,
        live: &[LiveUnit],
    ) -> Result<Fenced, Error> {
        match answer.outcome() {
            Outcome::Fenced if matches!(intent, Intent::End(_)) => {
                self.stock.remove(activity).await?;
                Ok(Fenced::Ended)
            }
            Outcome::Fenced => {
                let terms = answer
                    .terms
                    .ok_or(Error::Protocol("a fence without terms"))?;
                self.stock
                    .install(activity, answer.epoch, &terms, live)
                    .await?;
                if let Some(sale) = self.sales.get(activity) {
                    sale.heard_epoch(answer.epoch);
                }
                Ok(Fenced::Installed {
                    epoch: answer.epoch,
                    terms,
                })
            }
            Outcome::Ended => {
                self.stock.remove(activity).await?;
                Ok(Fenced::Ended)
            }
            // Paused for nothing: detection finds it paused without a lease and opens it again.
            Outcome::OldVersion => Ok(Fenced::NotApplied {
                refused: answer.refused,
                terms: answer.terms,
            }),
            Outcome::UnitsBelowSold => Ok(Fenced::NotApplied {
                refused: true,
                terms: answer.terms,
            }),
            Outcome::NoSale => Err(Error::NotFound(activity)),
            Outcome::OtherEpoch | Outcome::Unspecified => Err(Error::Protocol("no outcome")),
        }
    }

    /// Lets reservations under way land first: what the fence cuts off is refused. Safety does not need it.
    async fn courtesy_wait(&self, activity: i64, epoch: i64) {
        if epoch == 0 {
            return;
        }
        let until = Instant::now() + self.config.courtesy();
        while Instant::now() < until {
            let unsent = self
                .stock
                .unsent(activity)
                .await
                .map_or(0, |unsent| unsent.len());
            let ready = self
                .broker
                .depth(<proto::order::Reserved as mq::Message>::QUEUE)
                .await;
            if unsent == 0 && ready.is_ok_and(|depth| depth.ready == 0) {
                return;
            }
            tokio::time::sleep(LOOK_PERIOD).await;
        }
    }

    async fn ask_fence(
        &self,
        activity: i64,
        epoch: i64,
        intent: Intent,
    ) -> Result<(Answer, Vec<LiveUnit>), Error> {
        let asked = FenceRequest {
            activity_id: activity,
            epoch,
            intent: Some(intent),
        };
        let mut chunks = self.order.clone().fence(asked).await?.into_inner();
        let mut answer = None;
        let mut live = Vec::new();
        while let Some(chunk) = chunks.message().await? {
            match chunk.part {
                Some(Part::Fenced(fenced)) => answer = Some(fenced),
                Some(Part::Live(list)) => live.extend(list.units),
                None => {}
            }
        }
        let answer = answer.ok_or(Error::Protocol("a fence without an answer"))?;
        Ok((answer, live))
    }
}
