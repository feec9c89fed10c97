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
    accept::{Held, Winners, told},
};
use crate::{
    Error,
    domain::{LIMIT_PER_USER, State, Unsent, is_request_key},
    metrics,
    sales::Sale,
    stock::{Answer, Ask, Call, PreCheck, Reserved},
};

/// A buyer of a batch.
struct Asked {
    place: usize,
    item: ReserveItem,
    /// Ends when the buyer is told.
    span: Span,
}

/// The buyers of one sale in a batch.
struct Group {
    sale: Arc<Sale>,
    buyers: Vec<Asked>,
}

/// A group, and what the script said of it.
struct Called {
    group: Group,
    asks: Vec<Ask>,
    now: Now,
    answers: Vec<Answer>,
}

/// A buyer's place in the batch, and the answer.
pub(super) type Told = (usize, ReserveReply);

impl App {
    /// One reply per item, in the items' order: one script per activity, all of them at once.
    pub async fn reserve(&self, items: Vec<ReserveItem>) -> Vec<ReserveReply> {
        let mut replies = vec![ReserveReply::default(); items.len()];
        let mut asked = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            match self.admit(&item) {
                Ok(sale) => {
                    let span = span(&item);
                    asked.push((sale, Asked { place, item, span }));
                }
                Err(outcome) => replies[place] = told(outcome),
            }
        }
        let mut calls = Vec::new();
        while !asked.is_empty() {
            let rest = asked.split_off(asked.len().min(self.buyers_per_call));
            let these = std::mem::replace(&mut asked, rest);
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
        if item.deadline_ms > 0 && item.deadline_ms < now_ms {
            return Err(Outcome::Busy);
        }
        Ok(sale)
    }

    async fn reserve_together(&self, groups: Vec<Group>) -> Vec<Told> {
        let (groups, mut done) = self.pre_check(groups).await;
        fail::fail_point!("reserve.before_script", |_| busy(done.clone(), &groups));
        let called = self.call_scripts(groups, &mut done).await;
        fail::fail_point!("reserve.after_script", |_| {
            busy(done.clone(), called.iter().map(|called| &called.group))
        });
        let mut winners = Vec::with_capacity(called.len());
        for called in called {
            winners.push(self.hear(called, &mut done));
        }
        done.extend(self.accept(winners).await);
        done
    }

    /// Refuses who has nothing to hope for. The scripts decide about everybody else, who is left in the groups.
    async fn pre_check(&self, groups: Vec<Group>) -> (Vec<Group>, Vec<Told>) {
        // Without batching there is nothing that the pre-check could spare.
        let should_check =
            |group: &Group| self.buyers_per_call > 1 && group.sale.should_pre_check();
        let (mut checkable, mut rest): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(should_check);
        let mut checks = Vec::new();
        while !checkable.is_empty() {
            let others = checkable.split_off(checkable.len().min(self.stock.sales_per_pre_check()));
            checks.push(self.pre_check_together(std::mem::replace(&mut checkable, others)));
        }
        let mut done = Vec::new();
        for (left, told) in join_all(checks).await {
            rest.extend(left);
            done.extend(told);
        }
        (rest, done)
    }

    async fn pre_check_together(&self, mut groups: Vec<Group>) -> (Vec<Group>, Vec<Told>) {
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
            group.buyers.retain(|asked| {
                let is_refused = refused.next().unwrap_or_default();
                if is_refused {
                    done.push((asked.place, told(Outcome::SoldOut)));
                }
                !is_refused
            });
        }
        groups.retain(|group| !group.buyers.is_empty());
        (groups, done)
    }

    /// Whoever cannot be asked about, or belongs to a sale that does not sell just now, is done.
    async fn call_scripts(&self, groups: Vec<Group>, done: &mut Vec<Told>) -> Vec<Called> {
        let (mut called, mut calls) = (Vec::new(), Vec::new());
        for group in groups {
            let Some(ids) = self.order_ids.take(group.buyers.len()) else {
                done.extend(group.all(Outcome::Busy));
                continue;
            };
            let asks = group.buyers.iter().zip(ids);
            calls.push(Call {
                activity: group.sale.id,
                epoch: group.sale.epoch(),
                confirmed: group.sale.take_confirmed(),
                asks: asks.map(|(asked, id)| ask(asked, id)).collect(),
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
        let mut heard = Vec::with_capacity(called.len());
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
                Reserved::Open {
                    epoch,
                    now_ms,
                    answers,
                } => heard.push(Called {
                    group,
                    asks: call.asks,
                    now: Now {
                        epoch,
                        at_ms: now_ms,
                    },
                    answers,
                }),
                Reserved::Paused => {
                    let spare = call.asks.iter().map(|ask| ask.order_id);
                    self.order_ids.give_back(spare);
                    done.extend(group.all(Outcome::Paused));
                }
            }
        }
        heard
    }

    /// What the script said of its buyers: those who won, or had won, are still to be told.
    fn hear(&self, called: Called, done: &mut Vec<Told>) -> Winners {
        let Called {
            group: Group { sale, buyers },
            asks,
            now,
            answers,
        } = called;
        // Who comes back for an order says nothing of what is left.
        if answers.contains(&Answer::SoldOut) {
            sale.saw_sold_out(true);
        } else if answers.iter().any(Answer::is_won) {
            sale.saw_sold_out(false);
        }
        let (mut spare, mut winners) = (Vec::new(), Vec::new());
        for ((Asked { place, span, .. }, ask), answer) in buyers.into_iter().zip(asks).zip(answers)
        {
            if !answer.is_won() {
                spare.push(ask.order_id);
            }
            let user_id = ask.user_id;
            let held = hold(&sale, now, ask, answer);
            match held.and_then(|held| self.winner(&sale, now.epoch, user_id, held, span)) {
                Ok(winner) => winners.push((place, winner)),
                Err(outcome) => done.push((place, told(outcome))),
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
    fn all(&self, outcome: Outcome) -> impl Iterator<Item = Told> {
        self.buyers
            .iter()
            .map(move |asked| (asked.place, told(outcome)))
    }

    fn pre_check(&self) -> PreCheck {
        let buyers = self.buyers.iter();
        PreCheck {
            activity: self.sale.id,
            epoch: self.sale.epoch(),
            limit: self.sale.activity().limit_per_user,
            buyers: buyers
                .map(|asked| (asked.item.user_id, asked.item.quantity))
                .collect(),
        }
    }
}

fn busy<'a>(mut done: Vec<Told>, groups: impl IntoIterator<Item = &'a Group>) -> Vec<Told> {
    let all = groups
        .into_iter()
        .flat_map(|group| group.all(Outcome::Busy));
    done.extend(all);
    done
}

fn by_sale(asked: Vec<(Arc<Sale>, Asked)>) -> Vec<Group> {
    let mut groups: HashMap<i64, Group> = HashMap::new();
    for (sale, asked) in asked {
        let group = groups.entry(sale.id).or_insert_with(|| Group {
            sale,
            buyers: Vec::new(),
        });
        group.buyers.push(asked);
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

fn ask(Asked { item, span, .. }: &Asked, order_id: i64) -> Ask {
    let trace_parent = if span.is_none() {
        None
    } else {
        span.in_scope(trace::current_trace_parent)
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
