//! The race: a batch of buyers, of one activity or of several.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use proto::{
    order::{ReservedItem, reserved_item::Unit},
    seckill::{Outcome, ReserveItem, ReserveReply},
};
use tokio::time::Instant;
use tracing::Span;

use super::{
    App,
    accept::{HeldOrder, Winners, refusal},
};
use crate::{
    Error,
    domain::{LIMIT_PER_USER, State, Unsent, is_request_key},
    metrics,
    sales::Sale,
    stock::{BuyerRequest, Decision, PreCheck, SaleReply, ScriptCall},
};

/// A buyer of a batch.
struct Buyer {
    place: usize,
    item: ReserveItem,
    /// When the caller gives up; nothing is reserved for it afterwards.
    until: Option<Instant>,
    /// Ends when the buyer is answered.
    span: Span,
}

/// The buyers of one sale in a batch.
struct Group {
    sale: Arc<Sale>,
    buyers: Vec<Buyer>,
}

/// A group, and what the script decided.
struct Decided {
    group: Group,
    requests: Vec<BuyerRequest>,
    now: Now,
    decisions: Vec<Decision>,
}

/// A buyer's place in the batch, and the answer.
pub(super) type Answered = (usize, ReserveReply);

impl App {
    /// One reply per item, in the items' order: one script per activity, all of them at once.
    pub async fn reserve(&self, items: Vec<ReserveItem>) -> Vec<ReserveReply> {
        let mut replies = vec![ReserveReply::default(); items.len()];
        let received = Instant::now();
        let mut buyers = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            match self.admit(&item) {
                Ok(sale) => {
                    let buyer = Buyer {
                        place,
                        span: span(&item),
                        until: gives_up(&item, received),
                        item,
                    };
                    buyers.push((sale, buyer));
                }
                Err(outcome) => replies[place] = refusal(outcome),
            }
        }
        let mut calls = Vec::new();
        while !buyers.is_empty() {
            let rest = buyers.split_off(buyers.len().min(self.buyers_per_call));
            let these = std::mem::replace(&mut buyers, rest);
            calls.push(self.reserve_together(by_sale(these)));
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
        Ok(sale)
    }

    async fn reserve_together(&self, groups: Vec<Group>) -> Vec<Answered> {
        let (groups, mut done) = self.pre_check(groups).await;
        fail::fail_point!("reserve.before_script", |_| busy(done.clone(), &groups));
        let called = self.call_scripts(groups, &mut done).await;
        fail::fail_point!("reserve.after_script", |_| {
            busy(done.clone(), called.iter().map(|called| &called.group))
        });
        let mut winners = Vec::with_capacity(called.len());
        for called in called {
            winners.push(self.winners(called, &mut done));
        }
        done.extend(self.accept(winners).await);
        done
    }

    /// Refuses the buyers that the script would refuse again. The others stay in the groups.
    async fn pre_check(&self, groups: Vec<Group>) -> (Vec<Group>, Vec<Answered>) {
        // Without batching there is nothing that the pre-check could spare.
        let should_check =
            |group: &Group| self.buyers_per_call > 1 && group.sale.should_pre_check();
        let (mut checkable, mut rest): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(should_check);
        let mut checks = Vec::new();
        while !checkable.is_empty() {
            let others =
                checkable.split_off(checkable.len().min(self.stock.sales_per_transaction()));
            checks.push(self.pre_check_together(std::mem::replace(&mut checkable, others)));
        }
        let mut done = Vec::new();
        for (left, told) in join_all(checks).await {
            rest.extend(left);
            done.extend(told);
        }
        (rest, done)
    }

    async fn pre_check_together(&self, mut groups: Vec<Group>) -> (Vec<Group>, Vec<Answered>) {
        let checks: Vec<PreCheck> = groups.iter().map(Group::pre_check).collect();
        let refused = match self.stock.pre_check(self.script_now_ms(), &checks).await {
            Ok(refused) => refused,
            Err(error) if error.is_away() => {
                self.unanswered(&error);
                return (Vec::new(), busy(Vec::new(), &groups));
            }
            // One of the sales cannot be read: its script will say so.
            Err(_) => return (groups, Vec::new()),
        };
        self.redis_answered();
        let mut done = Vec::new();
        for (group, refused) in groups.iter_mut().zip(refused) {
            let mut refused = refused.into_iter();
            group.buyers.retain(|buyer| {
                let is_refused = refused.next().unwrap_or_default();
                if is_refused {
                    done.push((buyer.place, refusal(Outcome::SoldOut)));
                }
                !is_refused
            });
        }
        groups.retain(|group| !group.buyers.is_empty());
        (groups, done)
    }

    /// Buyers of a sale that is paused, or whose script has no answer, are done.
    async fn call_scripts(&self, groups: Vec<Group>, done: &mut Vec<Answered>) -> Vec<Decided> {
        let (mut called, mut calls) = (Vec::new(), Vec::new());
        let now = Instant::now();
        for mut group in groups {
            done.extend(group.remove_late(now));
            if group.buyers.is_empty() {
                continue;
            }
            let Some(ids) = self.order_ids.take(group.buyers.len()) else {
                done.extend(group.all(Outcome::Busy));
                continue;
            };
            let requests = group.buyers.iter().zip(ids);
            calls.push(ScriptCall {
                activity: group.sale.id,
                epoch: group.sale.epoch(),
                confirmed: group.sale.take_confirmed(),
                requests: requests.map(|(buyer, id)| request(buyer, id)).collect(),
            });
            called.push(group);
        }
        let answers = match self.stock.reserve(self.script_now_ms(), &calls).await {
            Ok(answers) => answers,
            Err(error) => {
                self.unanswered(&error);
                Vec::new()
            }
        };
        let mut answers = answers.into_iter();
        let mut decided = Vec::with_capacity(called.len());
        for (group, call) in called.into_iter().zip(calls) {
            let answer = answers.next().transpose().unwrap_or_else(|error| {
                self.unanswered(&error);
                None
            });
            let Some(reserved) = answer else {
                // It may have run: these ids may name orders, and the relay will find what was
                // reserved.
                group.sale.keep_confirmed(call.confirmed);
                done.extend(group.all(Outcome::Busy));
                continue;
            };
            self.redis_answered();
            match reserved {
                SaleReply::Open {
                    epoch,
                    now_ms,
                    decisions,
                } => decided.push(Decided {
                    group,
                    requests: call.requests,
                    now: Now {
                        epoch,
                        at_ms: now_ms,
                    },
                    decisions,
                }),
                SaleReply::Paused => {
                    let spare = call.requests.iter().map(|request| request.order_id);
                    self.order_ids.give_back(spare);
                    done.extend(group.all(Outcome::Paused));
                }
            }
        }
        decided
    }

    /// Buyers who won now or before are still to be answered; the others are done.
    fn winners(&self, called: Decided, done: &mut Vec<Answered>) -> Winners {
        let Decided {
            group: Group { sale, buyers },
            requests,
            now,
            decisions,
        } = called;
        // A repeat says nothing about what is left.
        if decisions.contains(&Decision::SoldOut) {
            sale.saw_sold_out(true);
        } else if decisions.iter().any(Decision::is_won) {
            sale.saw_sold_out(false);
        }
        let (mut spare, mut winners) = (Vec::new(), Vec::new());
        for ((Buyer { place, span, .. }, request), decision) in
            buyers.into_iter().zip(requests).zip(decisions)
        {
            if !decision.is_won() {
                spare.push(request.order_id);
            }
            let user_id = request.user_id;
            let held = held_order(&sale, now, request, decision);
            match held.and_then(|held| self.winner(&sale, now.epoch, user_id, held, span)) {
                Ok(winner) => winners.push((place, winner)),
                Err(outcome) => done.push((place, refusal(outcome))),
            }
        }
        self.order_ids.give_back(spare);
        Winners { sale, winners }
    }

    fn unanswered(&self, error: &Error) {
        self.redis_failed();
        let error = fault::chain(error);
        tracing::warn!(error, "Redis did not answer");
    }
}

impl Group {
    /// A unit reserved for a caller that has given up would be held until its payment window ends.
    fn remove_late(&mut self, now: Instant) -> Vec<Answered> {
        let is_late = |buyer: &mut Buyer| buyer.until.is_some_and(|until| until <= now);
        let late = self.buyers.extract_if(.., is_late);
        late.map(|buyer| (buyer.place, refusal(Outcome::Busy)))
            .collect()
    }

    fn all(&self, outcome: Outcome) -> impl Iterator<Item = Answered> {
        self.buyers
            .iter()
            .map(move |buyer| (buyer.place, refusal(outcome)))
    }

    fn pre_check(&self) -> PreCheck {
        let buyers = self.buyers.iter();
        PreCheck {
            activity: self.sale.id,
            epoch: self.sale.epoch(),
            limit: self.sale.activity().limit_per_user,
            buyers: buyers
                .map(|buyer| (buyer.item.user_id, buyer.item.quantity))
                .collect(),
        }
    }
}

fn busy<'a>(mut done: Vec<Answered>, groups: impl IntoIterator<Item = &'a Group>) -> Vec<Answered> {
    let all = groups
        .into_iter()
        .flat_map(|group| group.all(Outcome::Busy));
    done.extend(all);
    done
}

/// `None`: the caller waits for ever.
fn gives_up(item: &ReserveItem, received: Instant) -> Option<Instant> {
    let left = Duration::from_millis(item.timeout_ms.into());
    (!left.is_zero()).then(|| received + left)
}

fn by_sale(buyers: Vec<(Arc<Sale>, Buyer)>) -> Vec<Group> {
    let mut groups: HashMap<i64, Group> = HashMap::new();
    for (sale, buyer) in buyers {
        let group = groups.entry(sale.id).or_insert_with(|| Group {
            sale,
            buyers: Vec::new(),
        });
        group.buyers.push(buyer);
    }
    groups.into_values().collect()
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
    trace::set_parent(&span, &item.trace_parent);
    span
}

fn request(Buyer { item, span, .. }: &Buyer, order_id: i64) -> BuyerRequest {
    let trace_parent = if span.is_none() {
        None
    } else {
        span.in_scope(trace::current_trace_parent)
    };
    BuyerRequest {
        user_id: item.user_id,
        quantity: item.quantity,
        request_key: item.request_key.clone(),
        order_id,
        trace_parent: trace_parent.unwrap_or_default(),
    }
}

/// Epoch and time of one script call.
#[derive(Clone, Copy)]
struct Now {
    epoch: i64,
    at_ms: i64,
}

/// The order that a decision is about, or why there is none.
fn held_order(
    sale: &Sale,
    now: Now,
    request: BuyerRequest,
    decision: Decision,
) -> Result<HeldOrder, Outcome> {
    Ok(match decision {
        Decision::SoldOut => return Err(Outcome::SoldOut),
        Decision::NotStarted => return Err(Outcome::NotStarted),
        Decision::Ended => return Err(Outcome::Ended),
        Decision::Limit => return Err(Outcome::Limit),
        Decision::Won { units } => HeldOrder {
            order_id: request.order_id,
            at_ms: now.at_ms,
            slots: units.iter().map(|unit| unit.slot).collect(),
            request_key: request.request_key.clone(),
            repeated: false,
            unconfirmed: Some(reserved_item(sale, now, request, units)),
        },
        Decision::Repeated {
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
            HeldOrder {
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

fn reserved_item(sale: &Sale, now: Now, request: BuyerRequest, units: Vec<Unit>) -> ReservedItem {
    ReservedItem {
        activity_id: sale.id,
        order_id: request.order_id,
        user_id: request.user_id,
        at_ms: now.at_ms,
        request_key: request.request_key,
        epoch: now.epoch,
        units,
        trace_parent: request.trace_parent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_caller_gives_up_when_what_was_left_has_passed() {
        let received = Instant::now();
        let item = |timeout_ms| ReserveItem {
            timeout_ms,
            ..ReserveItem::default()
        };
        assert_eq!(gives_up(&item(0), received), None, "0 is for ever");
        let until = gives_up(&item(250), received).unwrap();
        tokio::time::advance(Duration::from_millis(249)).await;
        assert!(until > Instant::now());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(until <= Instant::now());
    }
}
