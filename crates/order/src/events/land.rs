//! Reservation messages: many items each, judged one by one.

use std::sync::Arc;

use mq::{Delivery, Outgoing, Publisher, Verdict};
use proto::order::{Reserved, ReservedItem};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info_span, warn};

use crate::{
    Error,
    app::{App, LandOutcome},
    domain::{Epoch, Held, Item, NotAnItem, RequestKey, Units},
    metrics::Alarm,
};

/// Lands batches of messages.
pub struct Lander {
    app: Arc<App>,
    publisher: Publisher,
    stop: CancellationToken,
    /// Orders per transaction.
    rows: usize,
}

/// What one item asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    Done,
    Retry(String),
    Dead(String),
}

impl Lander {
    pub fn new(app: Arc<App>, publisher: Publisher, stop: CancellationToken, rows: usize) -> Self {
        Self {
            app,
            publisher,
            stop,
            rows,
        }
    }

    /// One verdict per message.
    pub async fn land(&self, deliveries: Vec<Delivery<Reserved>>) -> Vec<Verdict> {
        let span = info_span!("order.land", messages = deliveries.len());
        let items = deliveries
            .iter()
            .flat_map(|delivery| &delivery.message.items);
        let mut causes = items
            .map(|item| &item.trace_parent)
            .filter(|parent| !parent.is_empty());
        // The batch is part of the first sampled buyer's trace, and names the others.
        if let Some(first) = causes.next() {
            trace::set_parent(&span, first);
        }
        for other in causes {
            trace::link(&span, other);
        }
        self.land_all(deliveries).instrument(span).await
    }

    async fn land_all(&self, deliveries: Vec<Delivery<Reserved>>) -> Vec<Verdict> {
        let raw: Vec<_> = deliveries
            .iter()
            .flat_map(|delivery| &delivery.message.items)
            .collect();
        let mut asks = vec![Ask::Done; raw.len()];
        let mut items = Vec::with_capacity(raw.len());
        let mut places = Vec::with_capacity(raw.len());
        for (place, raw) in raw.iter().enumerate() {
            match read(raw) {
                Ok(item) => {
                    items.push(item);
                    places.push(place);
                }
                Err(why) => {
                    Alarm::Malformed.raise();
                    error!(order.id = raw.order_id, why = %why, "not a reservation");
                    asks[place] = Ask::Dead(why.to_string());
                }
            }
        }
        for (items, places) in items.chunks(self.rows).zip(places.chunks(self.rows)) {
            for (place, ask) in places.iter().zip(self.land_some(items).await) {
                asks[*place] = ask;
            }
        }
        let mut rest = asks.into_iter();
        let mut verdicts = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let asks: Vec<_> = rest.by_ref().take(delivery.message.items.len()).collect();
            verdicts.push(self.verdict(delivery.message.items, asks).await);
        }
        verdicts
    }

    /// Waits while MySQL is away. Another failure is one item's fault until shown otherwise: each gets a transaction
    /// of its own, so that it does not hold up its neighbours.
    async fn land_some(&self, items: &[Item]) -> Vec<Ask> {
        match self.land_patiently(items).await {
            Ok(outcomes) => outcomes.into_iter().map(ask).collect(),
            Err(error) if items.len() == 1 || self.stop.is_cancelled() => {
                vec![Ask::Retry(fault::chain(&error)); items.len()]
            }
            Err(error) => {
                warn!(error = %fault::chain(&error), items = items.len(),
                    "a landing failed; its items go one by one");
                let mut asks = Vec::with_capacity(items.len());
                for item in items {
                    asks.push(
                        match self.land_patiently(std::slice::from_ref(item)).await {
                            Ok(outcomes) => {
                                outcomes.into_iter().map(ask).next().unwrap_or(Ask::Done)
                            }
                            Err(error) => Ask::Retry(fault::chain(&error)),
                        },
                    );
                }
                asks
            }
        }
    }

    async fn land_patiently(&self, items: &[Item]) -> Result<Vec<LandOutcome>, Error> {
        loop {
            match self.app.land(items).await {
                Err(error) if error.is_away() => {
                    warn!(error = %fault::chain(&error), "landing waits for MySQL");
                    if !mq::pause(&self.stop).await {
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    /// A message with one item is judged as that item. Of a longer one, what did not land is published alone and
    /// confirmed before the message is acknowledged, and judged when it comes back.
    async fn verdict(&self, items: Vec<ReservedItem>, asks: Vec<Ask>) -> Verdict {
        if items.len() == 1 {
            return match asks.into_iter().next() {
                None | Some(Ask::Done) => Verdict::Done,
                Some(Ask::Retry(why)) => Verdict::Retry(why),
                Some(Ask::Dead(why)) => Verdict::Dead(why),
            };
        }
        let alone: Vec<_> = items
            .into_iter()
            .zip(asks)
            .filter(|(_, ask)| *ask != Ask::Done)
            .map(|(item, _)| Outgoing::of(&Reserved { items: vec![item] }))
            .collect();
        if alone.is_empty() {
            return Verdict::Done;
        }
        match self.publisher.publish(alone).await {
            Ok(()) => Verdict::Done,
            // What landed is found there by the next attempt.
            Err(error) => Verdict::Retry(fault::chain(&error)),
        }
    }
}

fn ask(outcome: LandOutcome) -> Ask {
    match outcome {
        LandOutcome::Landed
        | LandOutcome::AlreadyLanded
        | LandOutcome::Interrupted
        | LandOutcome::Conflict => Ask::Done,
        LandOutcome::EpochAhead => Ask::Retry("ahead of its sale's row".to_owned()),
        LandOutcome::Mismatch => Ask::Dead("its id belongs to another reservation".to_owned()),
    }
}

fn read(raw: &ReservedItem) -> Result<Item, NotAnItem> {
    if raw.epoch < 1 || raw.at_ms < 1 {
        return Err(NotAnItem::Range);
    }
    let held = raw.units.iter().map(|unit| Held {
        slot: unit.slot,
        unit_no: unit.unit_no,
    });
    let units = Units::new(held.collect())?;
    if !units.are_numbered() {
        return Err(NotAnItem::Unnumbered);
    }
    Ok(Item {
        activity: raw.activity_id.try_into()?,
        order: raw.order_id.try_into()?,
        user: raw.user_id.try_into()?,
        at_ms: raw.at_ms,
        request_key: RequestKey::parse(&raw.request_key)?,
        epoch: Epoch(raw.epoch),
        units,
    })
}
