//! The race: a batch of buyers, of one activity or of several.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::join_all;
use proto::{
    order::{ReservedItem, reserved_item::Unit},
    seckill::{Outcome, ReserveItem, ReserveReply},
};
use tracing::Span;

use super::{
    App,
    accept::{Held, told},
};
use crate::{
    Error,
    domain::{LIMIT_PER_USER, State, Unsent, is_request_key},
    metrics,
    sales::Sale,
    stock::{Answer, Ask, Reserved},
};

/// A buyer of a batch.
struct Asked {
    place: usize,
    item: ReserveItem,
    /// Ends when the buyer is told.
    span: Span,
}

/// A buyer's place in the batch, and the answer.
pub(super) type Told = (usize, ReserveReply);

impl App {
    /// One reply per item, in the items' order: one script per activity, all of them at once.
    pub async fn reserve(self: &Arc<Self>, items: Vec<ReserveItem>) -> Vec<ReserveReply> {
        let mut replies = vec![ReserveReply::default(); items.len()];
        let mut groups: HashMap<i64, (Arc<Sale>, Vec<Asked>)> = HashMap::new();
        for (place, item) in items.into_iter().enumerate() {
            match self.admit(&item) {
                Ok(sale) => {
                    let group = groups.entry(sale.id).or_insert_with(|| (sale, Vec::new()));
                    let span = span(&item);
                    group.1.push(Asked { place, item, span });
                }
                Err(outcome) => replies[place] = told(outcome),
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
        for (place, reply) in join_all(calls).await.into_iter().flatten() {
            replies[place] = reply;
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

    /// Who has nothing to hope for is refused by a glance; the script decides about everybody else.
    async fn reserve_in(self: &Arc<Self>, sale: Arc<Sale>, items: Vec<Asked>) -> Vec<Told> {
        // Without batching there is nothing that a glance could spare.
        if self.buyers_per_call == 1 || !sale.is_worth_a_glance() {
            return self.call_script(&sale, items).await;
        }
        let buyers: Vec<(i64, i32)> = items
            .iter()
            .map(|asked| (asked.item.user_id, asked.item.quantity))
            .collect();
        let (epoch, now_ms) = (sale.epoch(), self.script_now_ms());
        let limit = sale.activity().limit_per_user;
        let glance = self.stock.glance(sale.id, epoch, now_ms, limit, &buyers);
        let Some(refused) = self.heard(&sale, glance.await) else {
            return all(&items, Outcome::Busy);
        };
        let (mut done, mut rest) = (Vec::with_capacity(items.len()), Vec::new());
        for (asked, refused) in items.into_iter().zip(refused) {
            if refused {
                done.push((asked.place, told(Outcome::SoldOut)));
            } else {
                rest.push(asked);
            }
        }
        if !rest.is_empty() {
            done.extend(self.call_script(&sale, rest).await);
        }
        done
    }

    async fn call_script(&self, sale: &Sale, items: Vec<Asked>) -> Vec<Told> {
        let Some(ids) = self.order_ids.take(items.len()) else {
            return all(&items, Outcome::Busy);
        };
        let asks: Vec<Ask> = items
            .iter()
            .zip(&ids)
            .map(|(asked, id)| ask(asked, *id))
            .collect();
        fail::fail_point!("reserve.before_script", |_| all(&items, Outcome::Busy));
        let (now, answers) = match self.call(sale, &asks).await {
            Some(Reserved::Open {
                epoch,
                now_ms,
                answers,
            }) => (
                Now {
                    epoch,
                    at_ms: now_ms,
                },
                answers,
            ),
            Some(Reserved::Paused) => {
                self.order_ids.give_back(ids);
                return all(&items, Outcome::Paused);
            }
            // It may have run: these ids may name orders, and the relay will find what was
            // reserved.
            None => return all(&items, Outcome::Busy),
        };
        fail::fail_point!("reserve.after_script", |_| all(&items, Outcome::Busy));
        // Who comes back for an order says nothing of what is left.
        if answers.contains(&Answer::SoldOut) {
            sale.saw_sold_out(true);
        } else if answers.iter().any(Answer::is_won) {
            sale.saw_sold_out(false);
        }
        let (mut done, mut spare, mut winners) =
            (Vec::with_capacity(items.len()), Vec::new(), Vec::new());
        for ((Asked { place, span, .. }, ask), answer) in items.into_iter().zip(asks).zip(answers) {
            if !answer.is_won() {
                spare.push(ask.order_id);
            }
            let user_id = ask.user_id;
            let held = hold(sale, now, ask, answer);
            match held.and_then(|held| self.winner(sale, now.epoch, user_id, held, span)) {
                Ok(winner) => winners.push((place, winner)),
                Err(outcome) => done.push((place, told(outcome))),
            }
        }
        self.order_ids.give_back(spare);
        done.extend(self.accept(sale, winners).await);
        done
    }

    /// Nothing where Redis did not answer.
    async fn call(&self, sale: &Sale, asks: &[Ask]) -> Option<Reserved> {
        let confirmed = sale.take_confirmed();
        let (epoch, now_ms) = (sale.epoch(), self.script_now_ms());
        let reserve = self.stock.reserve(sale.id, epoch, now_ms, &confirmed, asks);
        let reserved = self.heard(sale, reserve.await);
        if reserved.is_none() {
            sale.keep_confirmed(confirmed);
        }
        reserved
    }

    fn heard<T>(&self, sale: &Sale, answer: Result<T, Error>) -> Option<T> {
        match answer {
            Ok(answer) => {
                self.redis_answered();
                Some(answer)
            }
            Err(error) => {
                self.redis_failed();
                let error = fault::chain(&error);
                tracing::warn!(activity.id = sale.id, error, "Redis did not answer");
                None
            }
        }
    }
}

fn all(items: &[Asked], outcome: Outcome) -> Vec<Told> {
    let tell = |asked: &Asked| (asked.place, told(outcome));
    items.iter().map(tell).collect()
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

fn ask(Asked { item, span, .. }: &Asked, order_id: i64) -> Ask {
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

/// What one call of the script happened in.
#[derive(Clone, Copy)]
struct Now {
    epoch: i64,
    at_ms: i64,
}

/// The order that an answer speaks of, or why there is none.
fn hold(sale: &Sale, now: Now, ask: Ask, answer: Answer) -> Result<Held, Outcome> {
    Ok(match answer {
        Answer::SoldOut => return Err(Outcome::SoldOut),
        Answer::NotStarted => return Err(Outcome::NotStarted),
        Answer::Ended => return Err(Outcome::Ended),
        Answer::Limit => return Err(Outcome::Limit),
        Answer::Won { units } => Held {
            order_id: ask.order_id,
            at_ms: now.at_ms,
            slots: units.iter().map(|unit| unit.slot).collect(),
            request_key: ask.request_key.clone(),
            repeated: false,
            unconfirmed: Some(reserved_item(sale, now, ask, units)),
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

fn reserved_item(sale: &Sale, now: Now, ask: Ask, units: Vec<Unit>) -> ReservedItem {
    ReservedItem {
        activity_id: sale.id,
        order_id: ask.order_id,
        user_id: ask.user_id,
        at_ms: now.at_ms,
        request_key: ask.request_key,
        epoch: now.epoch,
        units,
        trace_parent: ask.trace_parent,
    }
}
