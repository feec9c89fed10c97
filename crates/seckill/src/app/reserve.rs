//! The race: a batch of buyers, of one activity or of several.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::{join, join_all};
use ids::{OrderId, OrderNo};
use proto::{
    order::{ReservedItem, reserved_item::Unit},
    seckill::{Accepted, Outcome, ReserveItem, ReserveReply},
};
use tracing::{Instrument, Span};

use super::App;
use crate::{
    domain::{State, Ticket, Unsent},
    metrics,
    sales::Sale,
    stock::{Answer, Ask, Reserved},
};

/// A refusal, or anything else without an order.
fn reserve_outcome(outcome: Outcome) -> ReserveReply {
    ReserveReply {
        outcome: outcome.into(),
        accepted: None,
    }
}

/// An order that a buyer holds, as the script said.
struct Held {
    order_id: i64,
    at_ms: i64,
    slots: Vec<i32>,
    repeated: bool,
    /// What has to be confirmed before the buyer is told.
    unconfirmed: Option<ReservedItem>,
}

impl App {
    /// One reply per item, in the items' order: one script per activity, all of them at once.
    pub(crate) async fn reserve(self: &Arc<Self>, items: Vec<ReserveItem>) -> Vec<ReserveReply> {
        let count = items.len();
        let mut replies = vec![ReserveReply::default(); count];
        let mut groups: HashMap<i64, (Arc<Sale>, Vec<(usize, ReserveItem)>)> = HashMap::new();
        for (index, item) in items.into_iter().enumerate() {
            match self.admit(&item) {
                Ok(sale) => {
                    let group = groups
                        .entry(sale.id())
                        .or_insert_with(|| (sale, Vec::new()));
                    group.1.push((index, item));
                }
                Err(outcome) => replies[index] = reserve_outcome(outcome),
            }
        }
        let groups = groups
            .into_values()
            .map(|(sale, items)| self.reserve_in(sale, items));
        for (index, reply) in join_all(groups).await.into_iter().flatten() {
            replies[index] = reply;
        }
        for reply in &replies {
            metrics::reserved(reply.outcome());
        }
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
        if item.quantity < 1 || item.user_id < 1 {
            return Err(Outcome::BadQuantity);
        }
        if item.deadline_ms > 0 && item.deadline_ms < now_ms {
            return Err(Outcome::Busy);
        }
        Ok(sale)
    }

    async fn reserve_in(
        self: &Arc<Self>,
        sale: Arc<Sale>,
        items: Vec<(usize, ReserveItem)>,
    ) -> Vec<(usize, ReserveReply)> {
        let all = |outcome| {
            items
                .iter()
                .map(|(index, _)| (*index, reserve_outcome(outcome)))
                .collect()
        };
        let Some(ids) = self.order_ids.take(items.len()) else {
            return all(Outcome::Busy);
        };
        let spans: Vec<Span> = items.iter().map(|(_, item)| span(item)).collect();
        let asks: Vec<Ask> = items.iter().zip(&ids).zip(&spans).map(ask).collect();
        fail::fail_point!("reserve.before_script", |_| all(Outcome::Busy));
        let confirmed = sale.take_confirmed();
        let result = self
            .stock
            .reserve(
                sale.id(),
                sale.epoch(),
                self.script_now_ms(),
                &confirmed,
                &asks,
            )
            .await;
        let (epoch, answers) = match result {
            Ok(Reserved::Open { epoch, answers }) => (epoch, answers),
            Ok(Reserved::Paused) => {
                self.order_ids.give_back(ids);
                return all(Outcome::Paused);
            }
            // It may have run: these ids may name orders, and the relay will find what was reserved.
            Err(error) => {
                sale.keep_confirmed(confirmed);
                tracing::warn!(activity.id = sale.id(), error = %fault::chain(&error), "Redis did not answer");
                return all(Outcome::Busy);
            }
        };
        let unused = asks
            .iter()
            .zip(&answers)
            .filter(|(_, a)| !matches!(a, Answer::Won { .. }));
        self.order_ids
            .give_back(unused.map(|(ask, _)| ask.order_id));
        let replies = items.iter().zip(asks).zip(answers).zip(spans).map(
            |((((index, _), ask), answer), span)| {
                let (sale, index) = (Arc::clone(&sale), *index);
                let reply = self.reply(sale, epoch, ask, answer);
                async move { (index, reply.instrument(span).await) }
            },
        );
        join_all(replies).await
    }

    async fn reply(
        self: &Arc<Self>,
        sale: Arc<Sale>,
        epoch: i64,
        ask: Ask,
        answer: Answer,
    ) -> ReserveReply {
        let held = match answer {
            Answer::SoldOut => return reserve_outcome(Outcome::SoldOut),
            Answer::NotStarted => return reserve_outcome(Outcome::NotStarted),
            Answer::Ended => return reserve_outcome(Outcome::Ended),
            Answer::Limit => return reserve_outcome(Outcome::Limit),
            Answer::Won {
                order_id,
                at_ms,
                slots,
                units,
            } => Held {
                unconfirmed: Some(won_item(&sale, epoch, &ask, at_ms, &slots, &units)),
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
            } => Held {
                unconfirmed: unsent
                    .and_then(|text| Unsent::parse(sale.id(), order_id, &text))
                    .map(|Unsent(item)| item),
                order_id,
                at_ms,
                slots,
                repeated: true,
            },
        };
        self.accept(&sale, epoch, &ask, held).await
    }

    /// The buyer is told only after the broker has the reservation.
    async fn accept(&self, sale: &Sale, epoch: i64, ask: &Ask, held: Held) -> ReserveReply {
        let Some(accepted) = self.accepted_order(sale, epoch, ask, &held) else {
            return reserve_outcome(Outcome::Busy);
        };
        if let Some(item) = held.unconfirmed {
            let entry = super::accepted::entry(&accepted);
            let mirror = self.stock.remember(ask.user_id, &accepted.order_no, &entry);
            let (confirmed, _mirrored) = join(self.hand_off.call(item), mirror).await;
            if !confirmed.unwrap_or(false) {
                return reserve_outcome(Outcome::Unconfirmed);
            }
            sale.confirmed(held.order_id);
        }
        fail::fail_point!("reserve.after_confirm", |_| reserve_outcome(
            Outcome::Unconfirmed
        ));
        let outcome = if held.repeated {
            Outcome::Repeated
        } else {
            Outcome::Won
        };
        ReserveReply {
            outcome: outcome.into(),
            accepted: Some(accepted),
        }
    }

    fn accepted_order(&self, sale: &Sale, epoch: i64, ask: &Ask, held: &Held) -> Option<Accepted> {
        let activity = sale.activity();
        let id = OrderId::try_from(held.order_id).ok()?;
        let ticket = Ticket {
            activity_id: sale.id(),
            user_id: ask.user_id,
            order_id: held.order_id,
            at_ms: held.at_ms,
            epoch,
            slots: held.slots.clone(),
        };
        Some(Accepted {
            activity_id: sale.id(),
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
            slots: held.slots.clone(),
            request_key: ask.request_key.clone(),
        })
    }
}

/// A buyer's part of the batch, as a span of the buyer's own trace; nothing when that is not sampled.
fn span(item: &ReserveItem) -> Span {
    if item.trace_parent.is_empty() {
        return Span::none();
    }
    let span = tracing::info_span!(
        "reserve",
        otel.name = "seckill.reserve",
        activity.id = item.activity_id
    );
    service::trace::set_parent(&span, &item.trace_parent);
    span
}

fn ask((((_, item), order_id), span): ((&(usize, ReserveItem), &i64), &Span)) -> Ask {
    Ask {
        user_id: item.user_id,
        quantity: item.quantity,
        request_key: item.request_key.clone(),
        order_id: *order_id,
        trace_parent: span
            .in_scope(service::trace::current_trace_parent)
            .unwrap_or_default(),
    }
}

fn won_item(
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
        activity_id: sale.id(),
        order_id: ask.order_id,
        user_id: ask.user_id,
        at_ms,
        request_key: ask.request_key.clone(),
        epoch,
        units: slots.iter().zip(units).map(unit).collect(),
        trace_parent: ask.trace_parent.clone(),
    }
}
