//! Pause, wait politely, fence, install: how a sale comes into Redis, at first and ever after.

use std::{sync::atomic::Ordering, time::Duration};

use ids::ActivityId;
use proto::order::{
    FenceRequest, Fenced as Answer, LiveUnit,
    fence_chunk::Part,
    fence_request::{Intent, Rebuild},
    fenced::Outcome,
};
use tokio::time::{Instant, sleep};
use tonic::Request;

use super::App;
use crate::{Error, metrics};

/// What came of a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fenced {
    /// The epoch was bumped; its snapshot is in Redis, unless a higher one is.
    Installed { epoch: i64 },
    /// The sale has ended, now or before.
    Ended,
    /// The edit changed nothing: it was refused, or order has dealt with `version` before.
    NotApplied { version: i64, refused: bool },
}

/// Between two looks at something that others finish.
const LOOK_PERIOD: Duration = Duration::from_millis(50);
/// Epochs that may pass before a rebuild gives up for now.
const TRIES_MAX: usize = 5;
/// A fence waits for landings under way, and reads every live unit.
const FENCE_TIMEOUT: Duration = Duration::from_secs(30);

impl App {
    /// Rebuilds a sale unless its lease is held.
    pub(crate) async fn rebuild(&self, activity: i64) -> Result<Fenced, Error> {
        let intent = Intent::Rebuild(Rebuild {});
        self.fence(activity, intent, Duration::ZERO).await
    }

    /// Runs one fence whole, under a lease that others take over if we die. `patience`: how long to
    /// wait for the lease.
    pub(crate) async fn fence(
        &self,
        activity: i64,
        intent: Intent,
        patience: Duration,
    ) -> Result<Fenced, Error> {
        let number = self.fences.fetch_add(1, Ordering::Relaxed);
        let owner = format!("{}/{number}", self.owner);
        let until = Instant::now() + patience;
        while let Err(error) = self.lease(activity, &owner).await {
            if !matches!(error, Error::Leased(_)) || Instant::now() >= until {
                return Err(error);
            }
            sleep(LOOK_PERIOD).await;
        }
        let result = tokio::select! {
            result = self.fence_leased(activity, intent) => result,
            lost = self.keep_lease(activity, &owner) => Err(lost),
        };
        if let Err(error) = self.store.unlease(activity, &owner).await {
            let error = fault::chain(&error);
            tracing::warn!(activity.id = activity, error, "a lease runs on");
        }
        result
    }

    /// Takes or renews the lease.
    async fn lease(&self, activity: i64, owner: &str) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let until_ms = now_ms + self.config.lease_ms();
        if self.store.lease(activity, owner, now_ms, until_ms).await? {
            return Ok(());
        }
        let id = ActivityId::try_from(activity).map_err(|_| Error::NotFound(activity))?;
        Err(Error::Leased(id))
    }

    /// Ends only when the lease is lost: to another, or because it could not be renewed in time.
    async fn keep_lease(&self, activity: i64, owner: &str) -> Error {
        let whole = Duration::from_millis(self.config.lease_ms);
        let mut renewed = Instant::now();
        loop {
            sleep(whole / 3).await;
            match self.lease(activity, owner).await {
                Ok(()) => renewed = Instant::now(),
                Err(lost @ Error::Leased(_)) => return lost,
                Err(error) if renewed.elapsed() >= whole => return error,
                Err(_) => {}
            }
        }
    }

    async fn fence_leased(&self, activity: i64, intent: Intent) -> Result<Fenced, Error> {
        self.poll_epochs().await?;
        let mut epoch = self.sales.get(activity).map_or(0, |sale| sale.epoch());
        for _ in 0..TRIES_MAX {
            // Redis may be away: the fence does not need it.
            if let Err(error) = self.stock.pause(activity, epoch).await {
                let error = fault::chain(&error);
                tracing::info!(activity.id = activity, error, "could not pause");
            }
            fail::fail_point!("rebuild.after_pause", |_| Err(Error::Unexpected(
                "fail point"
            )));
            self.drain(activity, epoch).await?;
            // Held for the fence and the install only: a sale that drains keeps no other waiting.
            let _permit = self.fences_running.acquire().await;
            let _running = metrics::FenceRunning::begin();
            let (answer, live) = self.ask_fence(activity, epoch, intent).await?;
            fail::fail_point!("rebuild.after_fence", |_| Err(Error::Unexpected(
                "fail point"
            )));
            match answer.outcome() {
                Outcome::OtherEpoch => epoch = answer.epoch,
                _ => return self.follow(activity, intent, answer, &live).await,
            }
        }
        Err(Error::Unexpected("another epoch again and again"))
    }

    async fn follow(
        &self,
        activity: i64,
        intent: Intent,
        answer: Answer,
        live: &[LiveUnit],
    ) -> Result<Fenced, Error> {
        let (version, epoch) = (answer.version, answer.epoch);
        // Before anything is installed: no script sells from what this fence cut off.
        if let Some(sale) = self.sales.get(activity) {
            sale.observe_epoch(epoch);
        }
        match answer.outcome() {
            Outcome::Fenced if !matches!(intent, Intent::End(_)) => {
                let terms = answer
                    .terms
                    .ok_or(Error::Unexpected("a fence without terms"))?;
                self.stock.install(activity, epoch, &terms, live).await?;
                Ok(Fenced::Installed { epoch })
            }
            Outcome::Fenced | Outcome::Ended => {
                // Detection removes what is seen later.
                if let Err(error) = self.stock.remove(&[activity]).await {
                    let error = fault::chain(&error);
                    tracing::info!(activity.id = activity, error, "keys of an ended sale stay");
                }
                Ok(Fenced::Ended)
            }
            // Paused for nothing: detection finds it without a lease and opens it again.
            Outcome::OldVersion => Ok(Fenced::NotApplied {
                version,
                refused: answer.refused,
            }),
            Outcome::UnitsBelowSold => Ok(Fenced::NotApplied {
                version,
                refused: true,
            }),
            Outcome::NoSale => Err(Error::NotFound(activity)),
            Outcome::OtherEpoch | Outcome::Unspecified => {
                Err(Error::Unexpected("a fence without outcome"))
            }
        }
    }

    async fn ask_fence(
        &self,
        activity: i64,
        epoch: i64,
        intent: Intent,
    ) -> Result<(Answer, Vec<LiveUnit>), Error> {
        let mut asked = Request::new(FenceRequest {
            activity_id: activity,
            epoch,
            intent: Some(intent),
        });
        asked.set_timeout(FENCE_TIMEOUT);
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
        let answer = answer.ok_or(Error::Unexpected("a fence without an answer"))?;
        Ok((answer, live))
    }
}
