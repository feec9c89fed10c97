//! The race: a batch of buyers, of one activity or of several.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::{join, join_all};
use ids::{OrderId, OrderNo};
use proto::{
    order::{ReservedItem, reserved_item::Unit},
    seckill::{Accepted, Outcome, ReserveItem, ReserveReply},
};
use tokio::time::timeout;
use tracing::{Instrument, Span};

use super::App;
use crate::{
    Error,
    domain::{LIMIT_PER_USER, State, Ticket, Unsent, is_request_key},
    metrics,
    sales::Sale,
    stock::{Answer, Ask, Reserved},
};

/// A buyer's place in the batch, and the buyer.
type Asked = (usize, ReserveItem);
type Told = (usize, ReserveReply);

/// An order that a buyer holds, as the script said.
struct Held {
    order_id: i64,
    at_ms: i64,
    slots: Vec<i32>,
    request_key: String,
    repeated: bool,
    /// What has to be confirmed before the buyer is told.
    unconfirmed: Option<ReservedItem>,
}

impl App {
    /// One reply per item, in the items' order: one script per activity, all of them at once.
    pub async fn reserve(self: &Arc<Self>, items: Vec<ReserveItem>) -> Vec<ReserveReply> {
        let mut replies = vec![ReserveReply::default(); items.len()];
        let mut groups: HashMap<i64, (Arc<Sale>, Vec<Asked>)> = HashMap::new();
        for (index, item) in items.into_iter().enumerate() {
            match self.admit(&item) {
                Ok(sale) => {
                    let group = groups.entry(sale.id).or_insert_with(|| (sale, Vec::new()));
                    group.1.push((index, item));
                }
                Err(outcome) => replies[index] = told(outcome),
            }
        }
        let mut calls = Vec::with_capacity(groups.len());
        for (sale, mut items) in groups.into_values() {
            while items.len() > self.buyers_per_call {
                let rest = items.split_off(self.buyers_per_call);
                let these = std::mem::replace(&mut items, rest);
                calls.push(self.reserve_in(Arc::clone(&sale), these));
            }
            calls.push(self.reserve_in(sale, items));
        }
        for (index, reply) in join_all(calls).await.into_iter().flatten() {
            replies[index] = reply;
        }
        metrics::reserved(&replies);
        replies
    }

    /// What needs no Redis to be refused.
    fn admit(&self, item: &ReserveItem) -> Result<Arc<Sale>, Outcome> {
        let now_ms = self.now_ms();
        let sale = match item.activity_id {
            0 => self.sales.of_product(item.product_id, now_ms),
            id => self.sales.get(id),
        };
        let sale = sale.ok_or(Outcome::NotFound)?;
        match sale.activity().state {
            State::Published => {}
            State::Publishing => return Err(Outcome::Paused),
            State::Refused => return Err(Outcome::NotFound),
            State::Ended => return Err(Outcome::Ended),
            State::Cancelled => return Err(Outcome::Cancelled),
        }
        let is_user = (1..ids::ID_END).contains(&item.user_id);
        let is_quantity = LIMIT_PER_USER.contains(&item.quantity);
        if !is_quantity || !is_user || !is_request_key(&item.request_key) {
            return Err(Outcome::BadQuantity);
        }
        if item.deadline_ms > 0 && item.deadline_ms < now_ms {
            return Err(Outcome::Busy);
        }
        Ok(sale)
    }

    async fn reserve_in(self: &Arc<Self>, sale: Arc<Sale>, items: Vec<Asked>) -> Vec<Told> {
        let all = |outcome: Outcome| -> Vec<Told> {
            items
                .iter()
                .map(|(index, _)| (*index, told(outcome)))
                .collect()
        };
        let Some(ids) = self.order_ids.take(items.len()) else {
            return all(Outcome::Busy);
        };
        let spans: Vec<Span> = items.iter().map(|(_, item)| span(item)).collect();
        let asks: Vec<Ask> = items
            .iter()
            .zip(&ids)
            .zip(&spans)
            .map(|(((_, item), id), span)| ask(item, *id, span))
            .collect();
        fail::fail_point!("reserve.before_script", |_| all(Outcome::Busy));
        let (epoch, answers) = match self.call(&sale, &asks).await {
            Ok(Reserved::Open { epoch, answers }) => (epoch, answers),
            Ok(Reserved::Paused) => {
                self.order_ids.give_back(ids);
                return all(Outcome::Paused);
            }
            // It may have run: these ids may name orders, and the relay will find what was
            // reserved.
            Err(error) => {
                let error = fault::chain(&error);
                tracing::warn!(activity.id = sale.id, error, "Redis did not answer");
                return all(Outcome::Busy);
            }
        };
        fail::fail_point!("reserve.after_script", |_| all(Outcome::Busy));
        let (mut done, mut spare, mut winners) =
            (Vec::with_capacity(items.len()), Vec::new(), Vec::new());
        for ((((index, _), ask), answer), span) in items.iter().zip(asks).zip(answers).zip(spans) {
            if !matches!(answer, Answer::Won { .. }) {
                spare.push(ask.order_id);
            }
            match hold(&sale, epoch, &ask, answer) {
                Ok(held) => {
                    let (index, sale) = (*index, &sale);
                    let accepted = self.accept(sale, epoch, ask.user_id, held).instrument(span);
                    winners.push(async move { (index, accepted.await) });
                }
                Err(outcome) => done.push((*index, told(outcome))),
            }
        }
        self.order_ids.give_back(spare);
        done.extend(join_all(winners).await);
        done
    }

    async fn call(&self, sale: &Sale, asks: &[Ask]) -> Result<Reserved, Error> {
        let confirmed = sale.take_confirmed();
        let (epoch, now_ms) = (sale.epoch(), self.script_now_ms());
        let result = self
            .stock
            .reserve(sale.id, epoch, now_ms, &confirmed, asks)
            .await;
        match &result {
            Ok(_) => self.redis_answered(),
            Err(_) => {
                self.redis_failed();
                sale.keep_confirmed(confirmed);
            }
        }
        result
    }

    /// The buyer is told only after the broker has the reservation.
    async fn accept(&self, sale: &Sale, epoch: i64, user_id: i64, mut held: Held) -> ReserveReply {
        let (order_id, repeated, unconfirmed) =
            (held.order_id, held.repeated, held.unconfirmed.take());
        let Some(accepted) = self.accepted_order(sale, epoch, user_id, held) else {
            return told(Outcome::Busy);
        };
        if let Some(item) = unconfirmed {
            let entry = super::accepted::entry(&accepted);
            let mirror = self.stock.remember(user_id, &accepted.order_no, &entry);
            let confirm = timeout(self.confirm, self.hand_off.call(item));
            let (confirmed, _mirrored) = join(confirm, mirror).await;
            if !matches!(confirmed, Ok(Ok(true))) {
                return told(Outcome::Unconfirmed);
            }
            sale.confirmed(order_id);
        }
        fail::fail_point!("reserve.after_confirm", |_| told(Outcome::Unconfirmed));
        let outcome = if repeated {
            Outcome::Repeated
        } else {
            Outcome::Won
        };
        ReserveReply {
            outcome: outcome.into(),
            accepted: Some(accepted),
        }
    }

    fn accepted_order(
        &self,
        sale: &Sale,
        epoch: i64,
        user_id: i64,
        held: Held,
    ) -> Option<Accepted> {
        let activity = sale.activity();
        let id = OrderId::try_from(held.order_id).ok()?;
        let ticket = Ticket {
            activity_id: sale.id,
            user_id,
            order_id: held.order_id,
            at_ms: held.at_ms,
            epoch,
            slots: held.slots.clone(),
        };
        Some(Accepted {
            activity_id: sale.id,
            order_id: held.order_id,
            order_no: OrderNo::new(id, clock::from_ms(held.at_ms)).to_string(),
            ticket: ticket.seal(&self.sealer),
            at_ms: held.at_ms,
            quantity: held.slots.len() as i32,
            product_id: activity.product.get(),
            product_name: activity.product_name.clone(),
            product_image: activity.product_image.clone(),
            price_fen: activity.price_fen,
            epoch,
            slots: held.slots,
            request_key: held.request_key,
        })
    }
}

/// A refusal, or anything else without an order.
fn told(outcome: Outcome) -> ReserveReply {
    ReserveReply {
        outcome: outcome.into(),
        accepted: None,
    }
}

/// A buyer's part of the batch, as a span of the buyer's own trace; nothing when that is not
/// sampled.
fn span(item: &ReserveItem) -> Span {
    if item.trace_parent.is_empty() {
        return Span::none();
    }
    let span = tracing::info_span!(
        parent: None,
        "reserve",
        otel.name = "seckill.reserve",
        activity.id = item.activity_id
    );
    service::trace::set_parent(&span, &item.trace_parent);
    span
}

fn ask(item: &ReserveItem, order_id: i64, span: &Span) -> Ask {
    let trace_parent = if span.is_none() {
        None
    } else {
        span.in_scope(service::trace::current_trace_parent)
    };
    Ask {
        user_id: item.user_id,
        quantity: item.quantity,
        request_key: item.request_key.clone(),
        order_id,
        trace_parent: trace_parent.unwrap_or_default(),
    }
}

/// The order that an answer speaks of, or why there is none.
fn hold(sale: &Sale, epoch: i64, ask: &Ask, answer: Answer) -> Result<Held, Outcome> {
    Ok(match answer {
        Answer::SoldOut => return Err(Outcome::SoldOut),
        Answer::NotStarted => return Err(Outcome::NotStarted),
        Answer::Ended => return Err(Outcome::Ended),
        Answer::Limit => return Err(Outcome::Limit),
        Answer::Won {
            order_id,
            at_ms,
            slots,
            units,
        } => Held {
            unconfirmed: Some(reserved_item(sale, epoch, ask, at_ms, &slots, &units)),
            request_key: ask.request_key.clone(),
            order_id,
            at_ms,
            slots,
            repeated: false,
        },
        Answer::Repeated {
            order_id,
            at_ms,
            slots,
            unsent,
        } => {
            let unconfirmed = match unsent {
                None => None,
                Some(text) => {
                    let entry = Unsent::parse(sale.id, order_id, &text);
                    Some(entry.ok_or(Outcome::Busy)?.0)
                }
            };
            Held {
                // Its own, which may not be this request's.
                request_key: unconfirmed
                    .as_ref()
                    .map(|item| item.request_key.clone())
                    .unwrap_or_default(),
                unconfirmed,
                order_id,
                at_ms,
                slots,
                repeated: true,
            }
        }
    })
}

fn reserved_item(
    sale: &Sale,
    epoch: i64,
    ask: &Ask,
    at_ms: i64,
    slots: &[i32],
    units: &[i64],
) -> ReservedItem {
    let unit = |(slot, unit_no): (&i32, &i64)| Unit {
        slot: *slot,
        unit_no: *unit_no,
    };
    ReservedItem {
        activity_id: sale.id,
        order_id: ask.order_id,
        user_id: ask.user_id,
        at_ms,
        request_key: ask.request_key.clone(),
        epoch,
        units: slots.iter().zip(units).map(unit).collect(),
        trace_parent: ask.trace_parent.clone(),
    }
}
