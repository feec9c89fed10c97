//! Reservation messages: many items each, judged one by one.

use std::sync::Arc;

use mq::{Delivery, Outgoing, Publisher, Verdict};
use proto::order::{Reserved, ReservedItem};
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
    /// Orders per transaction.
    rows: usize,
}

impl Lander {
    pub fn new(app: Arc<App>, publisher: Publisher, rows: usize) -> Self {
        Self {
            app,
            publisher,
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
        let mut judged = vec![Verdict::Done; raw.len()];
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
                    judged[place] = Verdict::Dead(why.to_string());
                }
            }
        }
        for (items, places) in items.chunks(self.rows).zip(places.chunks(self.rows)) {
            for (place, verdict) in places.iter().zip(self.land_some(items).await) {
                judged[*place] = verdict;
            }
        }
        let mut rest = judged.into_iter();
        let mut verdicts = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let judged: Vec<_> = rest.by_ref().take(delivery.message.items.len()).collect();
            verdicts.push(self.verdict(delivery.message.items, judged).await);
        }
        verdicts
    }

    /// While MySQL is away every item is held. Another failure is one item's fault until shown otherwise: each gets
    /// a transaction of its own, so that it does not hold up its neighbours.
    async fn land_some(&self, items: &[Item]) -> Vec<Verdict> {
        let error = match self.app.land(items).await {
            Ok(outcomes) => return outcomes.into_iter().map(verdict).collect(),
            Err(error) => error,
        };
        if error.is_away() || items.len() == 1 {
            return vec![failed(&error); items.len()];
        }
        warn!(error = %fault::chain(&error), items = items.len(),
            "a landing failed; its items go one by one");
        let mut judged = Vec::with_capacity(items.len());
        for item in items {
            judged.push(match self.app.land(std::slice::from_ref(item)).await {
                Ok(outcomes) => outcomes
                    .first()
                    .map_or(Verdict::Done, |outcome| verdict(*outcome)),
                Err(error) => failed(&error),
            });
        }
        judged
    }

    /// A message with one item is judged as that item. Of a longer one, what did not land is published alone and
    /// confirmed before the message is acknowledged, and judged when it comes back. One held item holds the whole
    /// message: the others are found landed when it is handed in again.
    async fn verdict(&self, items: Vec<ReservedItem>, judged: Vec<Verdict>) -> Verdict {
        if items.len() == 1 {
            return judged.into_iter().next().unwrap_or(Verdict::Done);
        }
        let held = judged
            .iter()
            .find(|verdict| matches!(verdict, Verdict::Hold(_)));
        if let Some(held) = held {
            return held.clone();
        }
        let alone: Vec<_> = items
            .into_iter()
            .zip(judged)
            .filter(|(_, verdict)| *verdict != Verdict::Done)
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

fn verdict(outcome: LandOutcome) -> Verdict {
    match outcome {
        LandOutcome::Landed
        | LandOutcome::AlreadyLanded
        | LandOutcome::Interrupted
        | LandOutcome::Conflict => Verdict::Done,
        LandOutcome::EpochAhead => Verdict::Retry("ahead of its sale's row".to_owned()),
        LandOutcome::Mismatch => Verdict::Dead("its id belongs to another reservation".to_owned()),
    }
}

fn failed(error: &Error) -> Verdict {
    let why = fault::chain(error);
    if error.is_away() {
        Verdict::Hold(why)
    } else {
        Verdict::Retry(why)
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
