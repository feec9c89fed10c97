//! The same sale in the real services, Redis, RabbitMQ and MySQL.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use kv::cmd;
use mq::{ConsumerOptions, Delivery, Message, Outgoing, Verdict};
use proto::{
    order::{Reserved, ReservedItem},
    product::GetRequest,
    seckill::{
        CancelActivityRequest, CreateActivityRequest, Outcome, Released, ReserveItem,
        UpdateActivityRequest, WarmUpRequest,
    },
};
use service::Ctx;
use sqlx::Row;
use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::{
    reference::{Item, Redis, Slot},
    support::{PARTS, SOON, Shop, admin, by},
};

const ALONE: [service::Role; 1] = [service::Role::Grpc];
const TAP: ConsumerOptions = ConsumerOptions {
    prefetch: 256,
    batch_max: 64,
    batch_wait: Duration::ZERO,
};

pub(crate) struct World {
    pub(crate) shop: Shop,
    /// The replica that sells; the shop's own does what administrators ask for.
    pub(crate) app: Arc<seckill::App>,
    /// Stops it.
    ctx: Ctx,
    pub(crate) order: order::Started,
    lander: order::Lander,
    reserved: Mutex<UnboundedReceiver<Reserved>>,
    released: Mutex<UnboundedReceiver<Released>>,
    pub(crate) activity: i64,
    product: i64,
}

/// What Redis and order's schema hold.
pub(crate) struct Seen {
    pub(crate) redis: Option<Redis>,
    pub(crate) unsent: BTreeSet<i64>,
    pub(crate) epoch: i64,
    pub(crate) live: BTreeMap<i64, (i64, i64, i32)>,
    pub(crate) orders: BTreeMap<i64, String>,
}

impl Seen {
    /// Part by part, as lines; empty: none.
    pub(crate) fn differences(&self, expected: &Self) -> String {
        fn part<T: PartialEq + Debug>(name: &str, is: &T, should: &T) -> String {
            if is == should {
                return String::new();
            }
            format!("{name} is {is:?}\n{name} should be {should:?}\n")
        }
        [
            part("redis", &self.redis, &expected.redis),
            part("unsent", &self.unsent, &expected.unsent),
            part("epoch", &self.epoch, &expected.epoch),
            part("live", &self.live, &expected.live),
            part("orders", &self.orders, &expected.orders),
        ]
        .concat()
    }
}

impl World {
    /// Nothing happens in it by itself.
    pub(crate) async fn open() -> Self {
        let shop = Shop::open_as(&ALONE, &ALONE, |config| {
            config.sale.courtesy_ms = 0;
            config.sale.audit_after_ms = i64::MAX / 4;
            config.sale.audit_again_ms = 0;
        })
        .await;
        let ctx = Ctx::new("model", shop.clock.clone(), &[]);
        let order = order::start(ctx, shop.order_config.clone()).await.unwrap();
        let lander = order::Lander::new(order.app.clone(), shop.broker.publisher(), 1_000);
        let (reserved, released) = (tap::<Reserved>(&shop), tap::<Released>(&shop));
        let (ctx, app) = process(&shop).await;
        Self {
            app,
            ctx,
            order,
            lander,
            reserved: Mutex::new(reserved),
            released: Mutex::new(released),
            activity: 0,
            product: 0,
            shop,
        }
    }

    /// Another sale of another product.
    pub(crate) async fn sell(&mut self, units: i64, limit: i32, window_s: i64) {
        self.product = self.shop.product().await;
        let draft = CreateActivityRequest {
            product_id: self.product,
            units,
            limit_per_user: limit,
            payment_window_s: window_s,
            end_ms: 0,
            ..self.shop.draft()
        };
        self.activity = self.shop.create(draft).await.unwrap().id;
        self.app.refresh().await.unwrap();
        self.warm_up().await;
        self.app.poll_epochs().await.unwrap();
    }

    /// A process with an empty memory takes over.
    pub(crate) async fn restart(&mut self) {
        self.ctx.stop().cancel();
        (self.ctx, self.app) = process(&self.shop).await;
        self.app.refresh().await.unwrap();
    }

    /// Whether it went well.
    pub(crate) async fn warm_up(&self) -> bool {
        let request = WarmUpRequest { id: self.activity };
        let warm = self
            .shop
            .seckill
            .clone()
            .warm_up(by(&admin(), request))
            .await;
        warm.is_ok()
    }

    pub(crate) async fn edit(&self, units: i64) -> bool {
        let request = UpdateActivityRequest {
            id: self.activity,
            units: Some(units),
            ..UpdateActivityRequest::default()
        };
        let edited = self
            .shop
            .seckill
            .clone()
            .update_activity(by(&admin(), request))
            .await;
        edited.is_ok()
    }

    pub(crate) async fn end(&self) {
        let request = CancelActivityRequest { id: self.activity };
        self.shop
            .seckill
            .clone()
            .cancel_activity(by(&admin(), request))
            .await
            .unwrap();
    }

    pub(crate) async fn stock(&self) -> i64 {
        let request = GetRequest { id: self.product };
        self.shop
            .product
            .clone()
            .get(request)
            .await
            .unwrap()
            .into_inner()
            .stock
    }

    pub(crate) async fn reserve(&self, user: i64, quantity: i32, key: &str) -> Outcome {
        let item = ReserveItem {
            activity_id: self.activity,
            user_id: user,
            quantity,
            request_key: key.to_owned(),
            ..ReserveItem::default()
        };
        self.app.reserve(vec![item]).await.remove(0).outcome()
    }

    /// What the broker has got of these orders: some messages, which hold all of them.
    pub(crate) async fn published(&self, orders: BTreeSet<i64>) -> Vec<Reserved> {
        let (mut messages, mut missing) = (Vec::new(), orders);
        let mut tap = self.reserved.lock().await;
        while !missing.is_empty() {
            let message = tokio::time::timeout(SOON, tap.recv()).await;
            let message = message
                .unwrap_or_else(|_| panic!("not published: {missing:?}"))
                .unwrap();
            for item in &message.items {
                assert!(missing.remove(&item.order_id), "published twice: {item:?}");
            }
            messages.push(message);
        }
        messages
    }

    pub(crate) async fn next_release(&self) -> Released {
        let mut tap = self.released.lock().await;
        tokio::time::timeout(SOON, tap.recv())
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn land(&self, message: &Reserved) {
        let outgoing = Outgoing::of(message);
        let delivery = Delivery {
            message: message.clone(),
            id: outgoing.id,
            attempt: 1,
            redelivered: false,
            trace_parent: None,
            published_at_ms: 0,
        };
        let verdicts = self.lander.land(vec![delivery]).await;
        assert!(
            matches!(verdicts.as_slice(), [Verdict::Done]),
            "{verdicts:?}"
        );
    }

    /// Has detection rebuild the sale at this epoch, and waits until it is done.
    pub(crate) async fn detect(&self, epoch: i64) {
        self.app.detect().await.unwrap();
        testkit::eventually(SOON, async || {
            let redis = self.redis().await;
            let installed = redis.is_some_and(|redis| redis.epoch >= epoch && redis.open);
            installed && !self.is_leased().await
        })
        .await;
    }

    async fn is_leased(&self) -> bool {
        let until = sqlx::query_scalar("SELECT until_ms FROM rebuild_leases WHERE activity_id = ?");
        let until: i64 = until
            .bind(self.activity)
            .fetch_one(&self.shop.db)
            .await
            .unwrap();
        until > 0
    }

    async fn redis(&self) -> Option<Redis> {
        let kv = &self.shop.kv;
        let key = |part| self.shop.key(self.activity, part);
        let mut read = cmd("HMGET");
        read.arg(key("meta"))
            .arg(&["epoch", "state", "units", "next", "run_id"]);
        let meta: Vec<Option<String>> = kv.query(&read).await.unwrap();
        let [
            Some(epoch),
            Some(state),
            Some(units),
            Some(next),
            Some(run_id),
        ] = meta.as_slice()
        else {
            return None;
        };
        let range = cmd("LRANGE").arg(key("returned")).arg(0).arg(-1).to_owned();
        let returned: VecDeque<i64> = kv.query::<Vec<i64>>(&range).await.unwrap().into();
        let all = cmd("HGETALL").arg(key("buyers")).to_owned();
        let buyers: BTreeMap<String, String> = kv.query(&all).await.unwrap();
        Some(Redis {
            epoch: epoch.parse().unwrap(),
            open: state == "open",
            foreign: run_id == "another",
            units: units.parse().unwrap(),
            next: next.parse().unwrap(),
            returned,
            slots: buyers
                .iter()
                .map(|(field, value)| slot(field, value))
                .collect(),
        })
    }

    pub(crate) async fn unsent(&self) -> BTreeSet<i64> {
        let keys = cmd("HKEYS")
            .arg(self.shop.key(self.activity, "unsent"))
            .to_owned();
        self.shop
            .kv
            .query::<Vec<i64>>(&keys)
            .await
            .unwrap()
            .into_iter()
            .collect()
    }

    pub(crate) async fn look(&self) -> Seen {
        let db = &self.order.pool;
        let epoch = sqlx::query_scalar("SELECT epoch FROM sales WHERE activity_id = ?");
        let live = sqlx::query(
            "SELECT unit_no, order_id, user_id, slot FROM sale_units WHERE activity_id = ?",
        );
        let live = live.bind(self.activity).fetch_all(db).await.unwrap();
        let orders = sqlx::query_as("SELECT id, state FROM orders WHERE activity_id = ?");
        let orders: Vec<(i64, String)> = orders.bind(self.activity).fetch_all(db).await.unwrap();
        Seen {
            redis: self.redis().await,
            unsent: self.unsent().await,
            epoch: epoch.bind(self.activity).fetch_one(db).await.unwrap(),
            live: live
                .iter()
                .map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3))))
                .collect(),
            orders: orders.into_iter().collect(),
        }
    }

    /// All of it, or one key.
    pub(crate) async fn lose(&self, part: Option<&str>) {
        match part {
            Some(part) => self.shop.lose(self.activity, &[part]).await,
            None => self.shop.lose(self.activity, &PARTS).await,
        }
    }
}

/// A seckill that sells, and does nothing by itself.
async fn process(shop: &Shop) -> (Ctx, Arc<seckill::App>) {
    let ctx = Ctx::new("model", shop.clock.clone(), &[]);
    let started = seckill::start(ctx.clone(), shop.config.clone()).await;
    let app = started.unwrap().app;
    app.lease_ids().await.unwrap();
    (ctx, app)
}

impl Drop for World {
    fn drop(&mut self) {
        self.ctx.stop().cancel();
    }
}

/// Takes every message as the consumer would, and keeps it.
fn tap<M: Message>(shop: &Shop) -> UnboundedReceiver<M> {
    let (sender, receiver) = unbounded_channel();
    shop.broker
        .consume(TAP, move |deliveries: Vec<Delivery<M>>| {
            let sender = sender.clone();
            async move {
                let taken = deliveries.into_iter().map(|delivery| {
                    let _ = sender.send(delivery.message);
                    Verdict::Done
                });
                taken.collect()
            }
        });
    receiver
}

fn slot(field: &str, value: &str) -> ((i64, i32), Slot) {
    let (user, slot) = field.split_once('/').unwrap();
    let parts: Vec<&str> = value.splitn(4, '|').collect();
    let held = Slot {
        order: parts[0].parse().unwrap(),
        unit: parts[1].parse().unwrap(),
        at_ms: parts[2].parse().unwrap(),
        key: parts[3].to_owned(),
    };
    ((user.parse().unwrap(), slot.parse().unwrap()), held)
}

/// An item of a message, as the reference writes it.
pub(crate) fn item(raw: &ReservedItem) -> Item {
    Item {
        order: raw.order_id,
        user: raw.user_id,
        at_ms: raw.at_ms,
        key: raw.request_key.clone(),
        epoch: raw.epoch,
        units: raw
            .units
            .iter()
            .map(|unit| (unit.slot, unit.unit_no))
            .collect(),
    }
}
