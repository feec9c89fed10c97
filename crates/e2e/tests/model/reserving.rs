//! From the button to the row.

use std::collections::BTreeSet;

use proto::{order::Reserved, seckill::Outcome};
use rand::{Rng, seq::IndexedRandom};

use crate::{
    RELAY_AFTER_MS, Run, USERS, lay, lift,
    reference::{Ask, Item, Reach, Redis, Reply},
    world::item,
};

impl Run {
    pub(crate) async fn reserve(&mut self) {
        let user = self.rng.random_range(1..=USERS);
        let quantity = self.rng.random_range(1..=self.reference.limit);
        let key = *["", "a", "b"].choose(&mut self.rng).unwrap();
        let reach = match self.rng.random_range(0..20) {
            0 => Reach::Script,
            1 => Reach::Broker,
            _ => Reach::Buyer,
        };
        let point = match reach {
            Reach::Script => Some("reserve.after_script"),
            Reach::Broker => Some("reserve.after_publish"),
            Reach::Buyer => None,
        };
        lay(point);
        let known: BTreeSet<i64> = self.reference.unsent.keys().copied().collect();
        let outcome = self.world.reserve(user, quantity, key).await;
        lift(point);
        let order = self.world.unsent().await.difference(&known).next().copied();
        let ask = Ask {
            user,
            quantity,
            key: key.to_owned(),
            order: order.unwrap_or_default(),
            at_ms: self.now_ms(),
        };
        let reply = reply_of(outcome);
        self.note(format!("reserve {ask:?} as far as {reach:?}: {reply:?}"));
        // The process may know of a fence that is not installed yet.
        let behind = |redis: &Redis| redis.epoch < self.reference.epoch;
        if reply == Reply::Paused && self.reference.redis.as_ref().is_some_and(behind) {
            self.reference.forget_confirmed();
            return;
        }
        // Refused by the pre-check: no script was called that could fail.
        let reach = match reply {
            Reply::SoldOut => Reach::Buyer,
            _ => reach,
        };
        let (expected, published) = self.reference.reserve(&ask, reach);
        assert_eq!(reply, expected, "{:#?}", self.trail);
        self.publish(published.into_iter().collect()).await;
    }

    /// What the reference says was published is what the broker got.
    async fn publish(&mut self, items: Vec<Item>) {
        let orders = items.iter().map(|item| item.order).collect();
        let messages = self.world.published(orders).await;
        for real in messages.iter().flat_map(|message| &message.items) {
            assert!(
                items.contains(&item(real)),
                "{real:?} of {items:?}: {:#?}",
                self.trail
            );
        }
        self.wire.extend(messages);
    }

    pub(crate) async fn relay(&mut self) {
        let dies = self.rng.random_bool(0.2);
        self.relay_unless(dies).await;
    }

    pub(crate) async fn relay_unless(&mut self, dies: bool) {
        let now_ms = self.now_ms();
        let point = dies.then_some("relay.after_publish");
        lay(point);
        self.world.app.relay().await.unwrap();
        lift(point);
        let items = self.reference.relay(now_ms - RELAY_AFTER_MS, dies);
        self.note(format!("relay of {}, dies: {dies}", items.len()));
        self.publish(items).await;
    }

    pub(crate) async fn land(&mut self) {
        if self.wire.is_empty() {
            return;
        }
        let message = self
            .wire
            .swap_remove(self.rng.random_range(0..self.wire.len()));
        self.land_one(&message).await;
        self.landed.push(message);
    }

    pub(crate) async fn land_again(&mut self) {
        if let Some(message) = self.landed.choose(&mut self.rng).cloned() {
            self.land_one(&message).await;
        }
    }

    async fn land_one(&mut self, message: &Reserved) {
        let now_ms = self.now_ms();
        self.world.land(message).await;
        let mut items: Vec<Item> = message.items.iter().map(item).collect();
        items.sort_by_key(|item| item.order);
        for item in &items {
            self.reference.land(item, now_ms);
        }
        self.note(format!("land {items:?}"));
    }
}

fn reply_of(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Won => Reply::Won,
        Outcome::Repeated => Reply::Repeated,
        Outcome::Limit => Reply::Limit,
        Outcome::SoldOut => Reply::SoldOut,
        Outcome::Paused => Reply::Paused,
        Outcome::Unconfirmed | Outcome::Busy => Reply::Unknown,
        other => panic!("{other:?}"),
    }
}
