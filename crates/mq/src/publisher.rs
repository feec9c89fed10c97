use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    Cause, Outgoing, PublishError,
    lane::{Lanes, Refusals},
    link::{Link, Live},
    metrics,
    wire::Parcel,
};

/// A quorum queue nacks what comes while it still elects its first leader: tried again after these.
const NACK_PAUSES: [Duration; 3] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
];

/// Puts messages into the broker and waits until it has them. Clones share connection and channels.
#[derive(Clone)]
pub struct Publisher {
    pub(crate) link: Link,
    lanes: Arc<Lanes>,
    prefix: Arc<str>,
    confirm_timeout: Duration,
}

impl Publisher {
    pub(crate) fn new(link: Link, prefix: Arc<str>, confirm_timeout: Duration) -> Self {
        Self {
            link,
            lanes: Arc::new(Lanes::new()),
            prefix,
            confirm_timeout,
        }
    }

    /// Returns when the broker has confirmed every message, at the latest after the configured
    /// timeout. The work queues exist from here on.
    pub async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        let parcels: Vec<_> = messages
            .into_iter()
            .map(|message| Parcel::new(message, &self.prefix))
            .collect();
        self.send(&parcels).await
    }

    pub(crate) async fn send(&self, parcels: &[Parcel]) -> Result<(), PublishError> {
        if parcels.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let result = match timeout(self.confirm_timeout, self.attempt(parcels)).await {
            Ok(result) => result,
            Err(_) => Err(self.why_late()),
        };
        let result = count(parcels, result);
        let outcome = result
            .as_ref()
            .map_or_else(|error| error.cause.label(), |()| "confirmed");
        metrics::PUBLISH_SECONDS
            .with_label_values(&[outcome])
            .observe(started.elapsed().as_secs_f64());
        result
    }

    async fn attempt(&self, parcels: &[Parcel]) -> Result<Refusals, Cause> {
        let live = self
            .link
            .connected()
            .await
            .map_err(|_| Cause::Disconnected)?;
        if live.blocked() {
            return Err(Cause::Blocked);
        }
        let mut refusals = Refusals::new();
        let undeclared = self.declare(&live, parcels, &mut refusals).await?;
        let mut left: Vec<_> = parcels
            .iter()
            .enumerate()
            .filter(|(_, parcel)| !undeclared.contains(parcel.target.as_str()))
            .collect();
        // The outer timeout bounds the tries.
        for pause in NACK_PAUSES {
            let nacked = self.send_some(&live, &left, &mut refusals).await?;
            if nacked.is_empty() {
                return Ok(refusals);
            }
            left = nacked;
            tokio::time::sleep(pause).await;
        }
        let nacked = self.send_some(&live, &left, &mut refusals).await?;
        refusals.extend(nacked.into_iter().map(|(place, _)| (place, Cause::Nacked)));
        Ok(refusals)
    }

    /// Sends once; answers what the broker nacked, and adds what it refused for another reason.
    async fn send_some<'a>(
        &self,
        live: &Arc<Live>,
        parcels: &[(usize, &'a Parcel)],
        refusals: &mut Refusals,
    ) -> Result<Vec<(usize, &'a Parcel)>, Cause> {
        let sendable: Vec<_> = parcels.iter().map(|(_, parcel)| *parcel).collect();
        let refused = tokio::select! {
            refused = self.lanes.send(live, &sendable) => refused?,
            () = live.broken() => return Err(Cause::Disconnected),
        };
        let mut nacked = Vec::new();
        for (position, cause) in refused {
            let (place, parcel) = parcels[position];
            match cause {
                Cause::Nacked => nacked.push((place, parcel)),
                Cause::Unroutable { queue } => {
                    live.forget(&queue).await;
                    refusals.push((place, Cause::Unroutable { queue }));
                }
                other => refusals.push((place, other)),
            }
        }
        Ok(nacked)
    }

    /// Declares the work queues of a batch. One that the broker refuses fails its own messages
    /// only.
    async fn declare<'a>(
        &self,
        live: &Live,
        parcels: &'a [Parcel],
        refusals: &mut Refusals,
    ) -> Result<HashSet<&'a str>, Cause> {
        let mut undeclared = HashSet::new();
        let mut seen = HashSet::new();
        for parcel in parcels.iter().filter(|parcel| parcel.is_for_work) {
            let queue = parcel.target.as_str();
            if !seen.insert(queue) {
                continue;
            }
            if let Err(error) = live.ensure(queue).await {
                if !live.connected() {
                    return Err(error.into());
                }
                undeclared.insert(queue);
                for (position, other) in parcels.iter().enumerate() {
                    if other.target == queue {
                        refusals.push((position, error.clone().into()));
                    }
                }
            }
        }
        Ok(undeclared)
    }

    fn why_late(&self) -> Cause {
        match self.link.live() {
            None => Cause::Disconnected,
            Some(live) if live.blocked() => Cause::Blocked,
            Some(_) => Cause::Timeout,
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Counts what became of a batch and turns refusals into the caller's error.
fn count(parcels: &[Parcel], result: Result<Refusals, Cause>) -> Result<(), PublishError> {
    let mut outcomes: HashMap<(&str, &str), u64> = HashMap::new();
    let error = match result {
        Ok(refusals) => {
            let mut refused = vec![None; parcels.len()];
            for (position, cause) in &refusals {
                refused[*position].get_or_insert(cause.label());
            }
            let mut unsent = Vec::new();
            for (parcel, refused) in parcels.iter().zip(refused) {
                *outcomes
                    .entry((&parcel.label, refused.unwrap_or("confirmed")))
                    .or_default() += 1;
                if refused.is_some() {
                    unsent.push(parcel.envelope.id);
                }
            }
            refusals
                .into_iter()
                .next()
                .map(|(_, cause)| PublishError { unsent, cause })
        }
        Err(cause) => {
            for parcel in parcels {
                *outcomes.entry((&parcel.label, cause.label())).or_default() += 1;
            }
            let unsent = parcels.iter().map(|parcel| parcel.envelope.id).collect();
            Some(PublishError { unsent, cause })
        }
    };
    for ((queue, outcome), count) in outcomes {
        metrics::PUBLISHED
            .with_label_values(&[queue, outcome])
            .inc_by(count);
    }
    error.map_or(Ok(()), Err)
}
