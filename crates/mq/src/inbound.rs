//! A batch of deliveries between the broker and the handler's verdicts.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use lapin::message::Delivery as Raw;
use tokio::time::Instant;
use tracing::{Instrument, error, info, info_span, warn};

use crate::{
    Delivery, Message, Verdict, metrics, topology,
    wire::{Envelope, Parcel},
};

/// Panics on one message until it is dead.
const PANICS_MAX: u32 = 5;

pub(crate) struct Item {
    pub(crate) raw: Raw,
    envelope: Envelope,
    pub(crate) verdict: Verdict,
}

/// The handler panicked or did not answer every delivery.
struct BrokeOff;

impl Item {
    pub(crate) fn new(raw: Raw) -> Self {
        let envelope = Envelope::read(&raw.properties);
        Self {
            raw,
            envelope,
            verdict: Verdict::Retry("not judged".to_owned()),
        }
    }

    /// What to publish instead of the delivery; `None` when it is done.
    pub(crate) fn parcel<M: Message>(&self, queue: &str) -> Option<Parcel> {
        let mut envelope = self.envelope.clone();
        let (target, why) = match &self.verdict {
            Verdict::Done => return None,
            // Still held when the process stops: the next consumer tries it.
            Verdict::Retry(why) | Verdict::Hold(why) => {
                let delay_s = topology::retry_delay_s(M::RETRY_S, envelope.attempt);
                envelope.attempt = envelope.attempt.saturating_add(1);
                (topology::retry_queue(queue, delay_s), why)
            }
            Verdict::Dead(why) => (topology::dead_queue(queue), why),
        };
        envelope.why = Some(why.clone());
        let body = self.raw.data.clone().into();
        Some(Parcel {
            target,
            label: M::QUEUE.to_owned(),
            is_for_work: false,
            envelope,
            body,
        })
    }

    fn decode<M: Message>(&self) -> Result<Delivery<M>, String> {
        let Envelope {
            id,
            name,
            attempt,
            at_ms,
            trace_parent,
            ..
        } = &self.envelope;
        if !name.is_empty() && name != M::NAME {
            return Err(format!("a {name} in the queue of {}", M::NAME));
        }
        let message = M::decode(self.raw.data.as_slice()).map_err(|error| error.to_string())?;
        Ok(Delivery {
            message,
            id: *id,
            attempt: *attempt,
            redelivered: self.raw.redelivered,
            trace_parent: trace_parent.clone(),
            published_at_ms: *at_ms,
        })
    }

    fn judged<M: Message>(&mut self, verdict: Verdict) {
        let (message, attempt) = (self.envelope.id, self.envelope.attempt);
        match &verdict {
            Verdict::Done => {}
            Verdict::Retry(why) => {
                info!(mq.queue = M::QUEUE, mq.message = %message, mq.attempt = attempt, why,
                    "a message is tried again later");
            }
            Verdict::Hold(why) => {
                warn!(mq.queue = M::QUEUE, mq.message = %message, why,
                    "a message is held while an engine is away");
            }
            Verdict::Dead(why) => {
                error!(mq.queue = M::QUEUE, mq.message = %message, mq.attempt = attempt, why,
                    "a message is dead");
            }
        }
        self.verdict = verdict;
    }

    fn panicked<M: Message>(&mut self) {
        self.envelope.panics = self.envelope.panics.saturating_add(1);
        let why = format!(
            "the handler broke off, time {} of {PANICS_MAX}",
            self.envelope.panics
        );
        let is_hopeless = self.envelope.panics >= PANICS_MAX;
        self.judged::<M>(if is_hopeless {
            Verdict::Dead(why)
        } else {
            Verdict::Retry(why)
        });
    }
}

/// Gives the items at these positions their verdicts. A batch that breaks off is repeated one by one, so that only
/// the poisoned item suffers.
pub(crate) async fn judge<M, H, F>(items: &mut [Item], positions: &[usize], handler: &H)
where
    M: Message,
    H: Fn(Vec<Delivery<M>>) -> F,
    F: Future<Output = Vec<Verdict>>,
{
    let mut deliveries = Vec::with_capacity(positions.len());
    let mut readable = Vec::with_capacity(positions.len());
    for &position in positions {
        let item = &mut items[position];
        match item.decode::<M>() {
            Ok(delivery) => {
                deliveries.push(delivery);
                readable.push(position);
            }
            Err(why) => item.judged::<M>(Verdict::Dead(why)),
        }
    }
    if let Ok(verdicts) = handle(deliveries, handler).await {
        for (position, verdict) in readable.into_iter().zip(verdicts) {
            items[position].judged::<M>(verdict);
        }
        return;
    }
    if let [alone] = readable[..] {
        items[alone].panicked::<M>();
        return;
    }
    for position in readable {
        let item = &mut items[position];
        let Ok(delivery) = item.decode::<M>() else {
            continue;
        };
        match handle(vec![delivery], handler)
            .await
            .map(|mut verdicts| verdicts.pop())
        {
            Ok(Some(verdict)) => item.judged::<M>(verdict),
            Ok(None) | Err(BrokeOff) => item.panicked::<M>(),
        }
    }
}

async fn handle<M, H, F>(
    deliveries: Vec<Delivery<M>>,
    handler: &H,
) -> Result<Vec<Verdict>, BrokeOff>
where
    M: Message,
    H: Fn(Vec<Delivery<M>>) -> F,
    F: Future<Output = Vec<Verdict>>,
{
    let count = deliveries.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    let span = info_span!("mq.consume", mq.queue = M::QUEUE, mq.messages = count);
    trace::join(
        &span,
        deliveries
            .iter()
            .filter_map(|delivery| delivery.trace_parent.as_deref()),
    );
    let started = Instant::now();
    // The closure is called inside, so that a panic before its first await is caught too.
    let work = async { handler(deliveries).await }.instrument(span);
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    metrics::CONSUME_SECONDS
        .with_label_values(&[M::QUEUE])
        .observe(started.elapsed().as_secs_f64());
    match outcome {
        Ok(verdicts) if verdicts.len() == count => Ok(verdicts),
        Ok(verdicts) => {
            let answered = verdicts.len();
            error!(
                mq.queue = M::QUEUE,
                mq.messages = count,
                answered,
                "a handler skipped deliveries"
            );
            Err(BrokeOff)
        }
        Err(_) => {
            error!(
                mq.queue = M::QUEUE,
                mq.messages = count,
                "a handler panicked"
            );
            Err(BrokeOff)
        }
    }
}
