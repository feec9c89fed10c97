//! Channels in confirm mode, each used by one batch at a time.
//!
//! lapin hands a returned message to whichever confirm it resolves next, not to the one that it
//! belongs to: with two batches on one channel a lost message would count as sent. So a lane
//! carries one batch, all of its confirms are awaited, and returns are matched by message id.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use lapin::{
    Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{Cause, link::Live, wire, wire::Parcel};

/// Batches in flight at the same time; measured, more gains nothing.
const LANES: usize = 4;

pub(crate) struct Lanes {
    permits: Semaphore,
    idle: Mutex<Vec<Lane>>,
}

struct Lane {
    channel: Channel,
    live: Arc<Live>,
}

/// What the broker did not take, by position in the batch.
pub(crate) type Refusals = Vec<(usize, Cause)>;

impl Lanes {
    pub(crate) fn new() -> Self {
        Self {
            permits: Semaphore::new(LANES),
            idle: Mutex::default(),
        }
    }

    /// Sends a batch and waits for all of its confirms. After an error, or when the future is
    /// dropped, nothing is known about the batch and its channel is given up.
    pub(crate) async fn send(
        &self,
        live: &Arc<Live>,
        parcels: &[&Parcel],
    ) -> Result<Refusals, Cause> {
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Cause::Disconnected);
        };
        let lane = match self.take_idle(live) {
            Some(lane) => lane,
            None => Lane::open(live).await?,
        };
        let refusals = lane.send(parcels).await?;
        self.lock().push(lane);
        Ok(refusals)
    }

    fn take_idle(&self, live: &Arc<Live>) -> Option<Lane> {
        let mut idle = self.lock();
        idle.retain(|lane| Arc::ptr_eq(&lane.live, live) && lane.channel.status().connected());
        idle.pop()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    async fn open(live: &Arc<Live>) -> lapin::Result<Self> {
        let channel = live.channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(Self {
            channel,
            live: live.clone(),
        })
    }

    async fn send(&self, parcels: &[&Parcel]) -> Result<Refusals, Cause> {
        const MANDATORY: BasicPublishOptions = BasicPublishOptions {
            mandatory: true,
            immediate: false,
        };
        let mut confirms = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            let target = parcel.target.as_str().into();
            let properties = parcel.envelope.properties();
            let confirm = self
                .channel
                .basic_publish("".into(), target, MANDATORY, &parcel.body, properties)
                .await?;
            confirms.push(confirm);
        }
        let mut nacked = Vec::new();
        let mut returned = HashSet::new();
        for (position, confirm) in confirms.into_iter().enumerate() {
            let confirmation = confirm.await?;
            if !confirmation.is_ack() {
                nacked.push((position, Cause::Nacked));
            }
            returned.extend(returned_id(confirmation));
        }
        let mut refusals = nacked;
        for (position, parcel) in parcels.iter().enumerate() {
            if returned.contains(&parcel.envelope.id) {
                refusals.push((
                    position,
                    Cause::Unroutable {
                        queue: parcel.target.clone(),
                    },
                ));
            }
        }
        Ok(refusals)
    }
}

fn returned_id(confirmation: Confirmation) -> Option<Uuid> {
    let message = confirmation.take_message()?;
    // Everything that we publish has an id; strangers' messages that are put aside have the nil
    // one.
    Some(wire::message_id(&message.properties).unwrap_or_default())
}
