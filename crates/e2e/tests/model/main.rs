//! Thousands of random steps against the real services, and the same steps of a small reference;
//! after each, both hold the same.
//!
//! `MODEL_SEED` replays a run, `MODEL_STEPS` makes it as long as you like. Fail points belong to the
//! whole process, so this is one test in a binary of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod orders;
mod reference;
mod reserving;
#[path = "../sale/support.rs"]
#[expect(dead_code, reason = "made for the other binary")]
mod support;
mod trouble;
mod world;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use clock::Clock;
use proto::{order::Reserved, seckill::Released};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    reference::{Item, Redis, Reference, State},
    world::{Seen, World},
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
        let order = self.world.order.app.clone();
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
