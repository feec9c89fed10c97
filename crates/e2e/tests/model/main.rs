//! Thousands of random steps against the real services, and the same steps of a small reference;
//! after each, both hold the same.
//!
//! `MODEL_SEED` replays a run, `MODEL_STEPS` makes it as long as you like. Fail points belong to the
//! whole process, so this is one test in a binary of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod reference;
#[path = "../sale/support.rs"]
#[expect(dead_code, reason = "made for the other binary")]
mod support;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use clock::Clock;
use money::Money;
use order::model::{Payment, PaymentNo};
use proto::{
    order::Reserved,
    seckill::{Outcome, Released},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{
    reference::{Ask, Item, Order, Reach, Redis, Reference, Release, State, Told},
    support::buyer,
    world::{Seen, World, item},
};

/// Some seconds less than what a test may take.
const TIME: Duration = Duration::from_secs(45);
const STEPS: usize = 4_000;
const SEED: u64 = 20_261_121;
/// Then the sale ends, and the next one begins.
const STEPS_PER_SALE: usize = 250;
const USERS: i64 = 6;
const STOCK: i64 = 100;
const WINDOW_S: i64 = 60;
const PRICE_FEN: i64 = 990;
/// As configured.
const RELAY_AFTER_MS: i64 = 1_000;
const REMEMBERED: usize = 25;

/// Redis as it was: byte for byte, and as the reference has it.
type Snapshot = (Vec<Option<Vec<u8>>>, Option<Redis>, BTreeMap<i64, Item>);

struct Run {
    world: World,
    reference: Reference,
    rng: StdRng,
    /// What the broker holds, or has delivered before.
    wire: Vec<Reserved>,
    landed: Vec<Reserved>,
    releases: Vec<Released>,
    snapshots: Vec<Snapshot>,
    payments: i64,
    trail: VecDeque<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_do_what_the_protocol_says() {
    let (seed, steps) = (number("MODEL_SEED", SEED), number("MODEL_STEPS", 0));
    let start = Instant::now();
    let mut run = Run::open(seed).await;
    let mut done = 0;
    let more = |done: usize| match steps {
        0 => done < STEPS && start.elapsed() < TIME,
        steps => done < steps as usize,
    };
    while more(done) {
        let steps = STEPS_PER_SALE;
        run.sale(&format!("seed {seed}, after {done} steps"), steps)
            .await;
        done += steps;
    }
    println!(
        "{done} steps in {:.1} s, seed {seed}",
        start.elapsed().as_secs_f64()
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long and what is asked for by hand"
)]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

impl Run {
    async fn open(seed: u64) -> Self {
        Self {
            world: World::open().await,
            reference: Reference::default(),
            rng: StdRng::seed_from_u64(seed),
            wire: Vec::new(),
            landed: Vec::new(),
            releases: Vec::new(),
            snapshots: Vec::new(),
            payments: 0,
            trail: VecDeque::new(),
        }
    }

    /// One sale from its opening to its end.
    async fn sale(&mut self, whence: &str, steps: usize) {
        let (units, limit) = (self.rng.random_range(3..12), self.rng.random_range(1..=3));
        self.world.sell(units, limit, WINDOW_S).await;
        self.reference = Reference {
            limit,
            window_ms: WINDOW_S * 1_000,
            stock: STOCK - units,
            units,
            ..Reference::default()
        };
        self.reference.rebuild();
        (self.wire, self.landed, self.releases, self.snapshots) = Default::default();
        self.note(format!("a sale of {units} units, {limit} each"));
        for step in 0..steps {
            self.step().await;
            self.compare(&format!("{whence}, step {step}")).await;
        }
        self.end().await;
        self.compare(&format!("{whence}, at the end")).await;
    }

    fn now_ms(&self) -> i64 {
        self.world.shop.clock.now_ms()
    }

    fn note(&mut self, step: String) {
        self.trail.push_back(step);
        if self.trail.len() > REMEMBERED {
            self.trail.pop_front();
        }
    }

    async fn step(&mut self) {
        let by_ms = self.rng.random_range(1..400);
        self.world.shop.clock.advance_ms(by_ms);
        match self.rng.random_range(0..1_000) {
            0..400 => self.reserve().await,
            400..440 => self.relay().await,
            440..600 => self.land().await,
            600..630 => self.land_again().await,
            630..690 => self.open_payment().await,
            690..720 => self.pay().await,
            720..750 => self.lapse().await,
            750..780 => self.payment_closed().await,
            780..820 => self.cancel().await,
            820..880 => self.release().await,
            880..890 => self.edit().await,
            890..905 => self.lose().await,
            905..925 => self.snapshot().await,
            925..940 => self.roll_back().await,
            940..950 => self.restart_redis().await,
            950..960 => self.restart().await,
            960..970 => self.rebuild_dies().await,
            _ => self.detect().await,
        }
    }

    async fn reserve(&mut self) {
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
        let told = told(outcome);
        self.note(format!("reserve {ask:?} as far as {reach:?}: {told:?}"));
        // The process may have heard of a fence that nobody installed yet.
        let behind = |redis: &Redis| redis.epoch < self.reference.epoch;
        if told == Told::Paused && self.reference.redis.as_ref().is_some_and(behind) {
            self.reference.forget_confirmed();
            return;
        }
        let (expected, published) = self.reference.reserve(&ask, reach);
        assert_eq!(told, expected, "{:#?}", self.trail);
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

    async fn relay(&mut self) {
        let dies = self.rng.random_bool(0.2);
        self.relay_unless(dies).await;
    }

    async fn relay_unless(&mut self, dies: bool) {
        let now_ms = self.now_ms();
        let point = dies.then_some("relay.after_publish");
        lay(point);
        self.world.app.relay().await.unwrap();
        lift(point);
        let items = self.reference.relay(now_ms - RELAY_AFTER_MS, dies);
        self.note(format!("relay of {}, dies: {dies}", items.len()));
        self.publish(items).await;
    }

    async fn land(&mut self) {
        if self.wire.is_empty() {
            return;
        }
        let message = self
            .wire
            .swap_remove(self.rng.random_range(0..self.wire.len()));
        self.land_one(&message).await;
        self.landed.push(message);
    }

    async fn land_again(&mut self) {
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

    /// Some order that has landed in one of these states.
    fn some(&mut self, fits: impl Fn(State) -> bool) -> Option<Order> {
        let orders = self.reference.orders.values();
        let fitting: Vec<&Order> = orders.filter(|order| fits(order.state)).collect();
        fitting.choose(&mut self.rng).copied().cloned()
    }

    async fn open_payment(&mut self) {
        let Some(order) = self.some(|state| matches!(state, State::Pending { .. })) else {
            return;
        };
        let (id, user) = (order.item.order, buyer(order.item.user));
        let asked = self
            .world
            .shop
            .order_app
            .allow_payment(&user, id.try_into().unwrap());
        let _refused_when_late = asked.await;
        let now_ms = self.now_ms();
        self.reference.allow_payment(id, now_ms);
        self.note(format!("open a payment of {id}"));
    }

    /// Mostly of somebody who was allowed to; money may come for anything.
    async fn pay(&mut self) {
        let late = self.rng.random_bool(0.2);
        let Some(order) = self.some(|state| late || is_payable(state)) else {
            return;
        };
        let id = order.item.order;
        self.payments += 1;
        let quantity = order.item.units.len() as i64;
        let received = order::Received {
            message: mq::Outgoing::of(&Reserved::default()).id,
            order: id.try_into().unwrap(),
            payment: Payment {
                no: PaymentNo::parse(&format!("PAY{}", self.payments)).unwrap(),
                at_ms: 1,
            },
            amount: Money::from_fen(PRICE_FEN * quantity).unwrap(),
        };
        self.world
            .shop
            .order_app
            .payment_paid(&received)
            .await
            .unwrap();
        self.reference.pay(id);
        self.note(format!("pay {id}"));
    }

    async fn lapse(&mut self) {
        self.world
            .shop
            .clock
            .advance_ms(self.rng.random_range(1..=WINDOW_S * 500));
        self.world.shop.order_app.sweep().await.unwrap();
        let now_ms = self.now_ms();
        self.reference.sweep(now_ms);
        self.note("sweep".to_owned());
        self.take_releases().await;
    }

    async fn payment_closed(&mut self) {
        let Some(order) = self.some(|state| state == State::Closing) else {
            return;
        };
        let id = order.item.order;
        self.world
            .shop
            .order_app
            .payment_closed(id.try_into().unwrap())
            .await
            .unwrap();
        self.reference.payment_closed(id);
        self.note(format!("payment closed {id}"));
        self.take_releases().await;
    }

    /// Of an order that has landed, or of one that has not.
    async fn cancel(&mut self) {
        let landed = self.some(|_| true).map(|order| order.item);
        let mirrored: Vec<&Item> = self.reference.mirrored.values().collect();
        let unlanded = mirrored.choose(&mut self.rng).copied().cloned();
        let first = if self.rng.random_bool(0.5) {
            landed
        } else {
            unlanded
        };
        let Some(Item { order, user, .. }) = first else {
            return;
        };
        let user = buyer(user);
        let asked = self
            .world
            .shop
            .order_app
            .cancel_order(&user, order.try_into().unwrap());
        let _refused_when_over = asked.await;
        self.reference.cancel(order);
        self.note(format!("cancel {order}"));
        self.take_releases().await;
    }

    /// What closing freed is on its way to seckill.
    async fn take_releases(&mut self) {
        while self.releases.len() < self.reference.releases.len() {
            let release = self.world.next_release().await;
            let wanted =
                |known: &Release| known.order == release.order_id && known.epoch == release.epoch;
            assert!(
                self.reference.releases.iter().any(wanted),
                "{release:?}: {:#?}",
                self.trail
            );
            self.releases.push(release);
        }
    }

    /// In any order, and sometimes twice.
    async fn release(&mut self) {
        if self.releases.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.releases.len());
        let real = self.releases[place].clone();
        let ours = Release {
            order: real.order_id,
            epoch: real.epoch,
        };
        let done = self.world.app.release(&real).await.unwrap() == seckill::Release::Done;
        self.note(format!("release {ours:?}: {done}"));
        assert_eq!(done, self.reference.released(&ours), "{:#?}", self.trail);
        if done && self.rng.random_bool(0.8) {
            self.releases.swap_remove(place);
            let known = self
                .reference
                .releases
                .iter()
                .position(|known| known.order == ours.order);
            self.reference.releases.swap_remove(known.unwrap());
        }
    }

    async fn edit(&mut self) {
        let units = self.rng.random_range(1..14);
        if units == self.reference.units {
            return;
        }
        let edited = self.world.edit(units).await;
        self.note(format!("edit to {units} units: {edited}"));
        assert_eq!(edited, self.reference.edit(units), "{:#?}", self.trail);
    }

    async fn lose(&mut self) {
        let part = [
            None,
            Some("meta"),
            Some("returned"),
            Some("buyers"),
            Some("unsent"),
        ];
        let part = *part.choose(&mut self.rng).unwrap();
        self.world.lose(part).await;
        self.note(format!("Redis loses {part:?}"));
        let reference = &mut self.reference;
        match (part, reference.redis.as_mut()) {
            (Some("returned"), Some(redis)) => redis.returned.clear(),
            (Some("buyers"), Some(redis)) => redis.slots.clear(),
            (Some("returned" | "buyers"), None) => {}
            (Some("unsent"), _) => reference.unsent.clear(),
            (Some(_), _) => reference.redis = None,
            (None, _) => {
                reference.redis = None;
                reference.unsent.clear();
            }
        }
    }

    async fn snapshot(&mut self) {
        let bytes = self.world.shop.dump(self.world.activity).await;
        let (redis, unsent) = (self.reference.redis.clone(), self.reference.unsent.clone());
        // What is left of a sale whose meta is lost cannot be told from what a snapshot brings.
        if redis.is_some() {
            self.snapshots.push((bytes, redis, unsent));
            self.note("snapshot".to_owned());
        }
    }

    async fn roll_back(&mut self) {
        let Some((bytes, redis, unsent)) = self.snapshots.choose(&mut self.rng).cloned() else {
            return;
        };
        self.world.shop.roll_back(self.world.activity, &bytes).await;
        self.note(format!(
            "roll back to {redis:?}, unsent {:?}",
            unsent.keys()
        ));
        (self.reference.redis, self.reference.unsent) = (redis, unsent);
    }

    /// Its keys say that another server holds them.
    async fn restart_redis(&mut self) {
        if let Some(redis) = self.reference.redis.as_mut() {
            self.world
                .shop
                .forge(self.world.activity, "run_id", "another")
                .await;
            redis.foreign = true;
            self.note("Redis restarts".to_owned());
        }
    }

    async fn restart(&mut self) {
        self.world.restart().await;
        self.reference.confirmed.clear();
        self.note("the process restarts".to_owned());
    }

    /// Only what an administrator's rebuild looks at.
    async fn rebuild_dies(&mut self) {
        let epoch = self.reference.epoch;
        let open = |redis: &Redis| redis.open && redis.epoch == epoch;
        if self.reference.redis.as_ref().is_some_and(open) {
            return;
        }
        let points = [
            "rebuild.after_pause",
            "rebuild.after_fence",
            "rebuild.after_stage",
        ];
        let point = *points.choose(&mut self.rng).unwrap();
        lay(Some(point));
        let warm = self.world.warm_up().await;
        lift(Some(point));
        self.note(format!("a rebuild dies at {point}"));
        assert!(!warm, "{:#?}", self.trail);
        self.reference.pause();
        if point != "rebuild.after_pause" {
            self.reference.bump();
        }
    }

    async fn detect(&mut self) {
        if self.reference.is_ill() {
            self.reference.pause();
            self.reference.rebuild();
            self.note(format!("a rebuild at epoch {}", self.reference.epoch));
            self.world.detect(self.reference.epoch).await;
        } else {
            self.world.app.detect().await.unwrap();
            self.note("nothing to rebuild".to_owned());
        }
    }

    /// The sale ends, everything arrives, and the product has every piece that was not paid for.
    async fn end(&mut self) {
        self.world.shop.clock.advance_ms(RELAY_AFTER_MS + 1);
        self.relay_unless(false).await;
        self.world.end().await;
        self.reference.end();
        self.note("the end".to_owned());
        while !self.wire.is_empty() {
            self.land().await;
        }
        let order = self.world.shop.order_app.clone();
        order.expire_cancelled().await.unwrap();
        order.sweep().await.unwrap();
        self.reference.expire_all();
        self.reference.sweep(self.now_ms());
        while self.some(|state| state == State::Closing).is_some() {
            self.payment_closed().await;
        }
        let sold: usize = self.reference.live().map(|item| item.units.len()).sum();
        assert_eq!(
            self.reference.stock,
            STOCK - sold as i64,
            "{:#?}",
            self.trail
        );
        let stock = self.reference.stock;
        let real = async || self.world.stock().await == stock;
        testkit::eventually(support::SOON, real).await;
    }

    async fn compare(&self, whence: &str) {
        self.reference.judge();
        let live = self.reference.live().flat_map(|item| {
            let unit = |(slot, unit): &(i32, i64)| (*unit, (item.order, item.user, *slot));
            item.units.iter().map(unit)
        });
        let orders = self.reference.orders.iter();
        let expected = Seen {
            redis: self.reference.redis.clone(),
            unsent: self.reference.unsent.keys().copied().collect(),
            epoch: self.reference.epoch,
            live: live.collect(),
            orders: orders
                .map(|(id, order)| (*id, order.state.name().to_owned()))
                .collect(),
        };
        let seen = self.world.look().await;
        let differ = seen.differences(&expected);
        assert!(differ.is_empty(), "{whence}:\n{:#?}\n{differ}", self.trail);
    }
}

fn is_payable(state: State) -> bool {
    matches!(state, State::Pending { opened: true, .. } | State::Closing)
}

fn told(outcome: Outcome) -> Told {
    match outcome {
        Outcome::Won => Told::Won,
        Outcome::Repeated => Told::Repeated,
        Outcome::Limit => Told::Limit,
        Outcome::SoldOut => Told::SoldOut,
        Outcome::Paused => Told::Paused,
        Outcome::Unconfirmed | Outcome::Busy => Told::Unknown,
        other => panic!("{other:?}"),
    }
}

fn lay(point: Option<&str>) {
    if let Some(point) = point {
        fail::cfg(point, "return").unwrap();
    }
}

fn lift(point: Option<&str>) {
    if let Some(point) = point {
        fail::remove(point);
    }
}
