#[path = "beside.rs"]
mod beside;
#[path = "keys.rs"]
mod keys;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth::{Principal, Role};
use clock::{Clock, FakeClock};
use fault::{Fault, Reason};
use ids::UserId;
use kv::Kv;
use proto::{
    order::{LiveUnit, LiveUnitsRequest, OrderView, PaymentClosed, order_client::OrderClient},
    product::{CreateRequest, GetRequest, product_client::ProductClient},
    seckill::{
        Activity, CreateActivityRequest, Outcome, ReserveItem, ReserveReply,
        seckill_client::SeckillClient,
    },
};
use service::Ctx;
use tonic::{Request, Status};

pub(crate) use keys::PARTS;

/// Whatever settles by itself settles within this.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Three services of this test's own, and the engines behind them.
pub(crate) struct Shop {
    pub(crate) seckill: SeckillClient<rpc::Channel>,
    pub(crate) order: OrderClient<rpc::Channel>,
    pub(crate) product: ProductClient<rpc::Channel>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) kv: Kv,
    pub(crate) broker: mq::Broker,
    ctx: Ctx,
    pub(crate) config: seckill::Config,
    pub(crate) app: Arc<seckill::App>,
    pub(crate) db: db::Pool,
    pub(crate) order_config: order::Config,
    others: Mutex<Vec<Ctx>>,
}

pub(crate) const ALL: [service::Role; 3] = [
    service::Role::Grpc,
    service::Role::Events,
    service::Role::Jobs,
];
/// What waits for a test to call it.
pub(crate) const BY_HAND: [service::Role; 2] = [service::Role::Grpc, service::Role::Events];

/// The same clock, and stopped by its own hand.
fn ctx_with(ctx: &Ctx, roles: &[service::Role]) -> Ctx {
    Ctx::new(ctx.name, ctx.clock.clone(), roles)
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut seckill::Config)) -> Self {
        Self::open_as(&ALL, &ALL, change).await
    }

    pub(crate) async fn open_as(
        seckill_roles: &[service::Role],
        order_roles: &[service::Role],
        change: impl FnOnce(&mut seckill::Config),
    ) -> Self {
        let (ctx, clock) = testkit::ctx("sale");
        let mq = testkit::mq_config();
        let peer = |port: u16| rpc::PeerConfig {
            url: format!("http://127.0.0.1:{port}"),
            timeout_ms: 10_000,
        };
        let listen = |port: u16| format!("127.0.0.1:{port}").parse().unwrap();
        let ports = [(); 3].map(|()| testkit::free_port());

        let mut config: product::Config = defaults(product::NAME, product::DEFAULTS);
        config.db = testkit::Mysql::schema(&product::MIGRATOR, product::NAME).await;
        config.mq = mq.clone();
        config.grpc.listen = listen(ports[0]);
        product::start(ctx.clone(), config.clone()).await.unwrap();
        let fleet = config.fleet.clone();

        let mut config: order::Config = defaults(order::NAME, order::DEFAULTS);
        config.db = testkit::Mysql::schema(&order::MIGRATOR, order::NAME).await;
        config.mq = mq.clone();
        config.grpc.listen = listen(ports[1]);
        config.seckill = peer(ports[2]);
        let of_order = ctx_with(&ctx, order_roles);
        order::start(of_order.clone(), config.clone())
            .await
            .unwrap();
        let order_config = config;

        let mut config: seckill::Config = defaults(seckill::NAME, seckill::DEFAULTS);
        config.db = testkit::Mysql::schema(&seckill::MIGRATOR, seckill::NAME).await;
        config.mq = mq.clone();
        config.kv = testkit::kv_config();
        config.grpc.listen = listen(ports[2]);
        config.order = peer(ports[1]);
        config.product = peer(ports[0]);
        config.sale.redis_time = false;
        config.sale.view_age_ms = 0;
        config.sale.courtesy_ms = 300;
        config.sale.lease_ms = 1_000;
        change(&mut config);
        let kv = kv::connect(&config.kv).await.unwrap();
        let db = db::connect(&config.db).await.unwrap();
        let of_seckill = ctx_with(&ctx, seckill_roles);
        let started = seckill::start(of_seckill.clone(), config.clone());
        let app = started.await.unwrap().app;
        app.lease_ids().await.unwrap();

        let broker = mq::connect(&mq, ctx.tracker(), ctx.stop()).await;
        Self {
            seckill: SeckillClient::new(rpc::peer(&peer(ports[2]), &fleet)),
            order: OrderClient::new(rpc::peer(&peer(ports[1]), &fleet)),
            product: ProductClient::new(rpc::peer(&peer(ports[0]), &fleet)),
            clock,
            kv,
            broker,
            ctx,
            config,
            app,
            db,
            order_config,
            others: Mutex::new(vec![of_order, of_seckill]),
        }
    }

    /// A second seckill beside the first, with a mind of its own.
    pub(crate) async fn replica(&self) {
        let mut config = self.config.clone();
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        seckill::start(self.ctx.clone(), config).await.unwrap();
    }

    /// A product of 100 pieces, and its number.
    pub(crate) async fn product(&self) -> i64 {
        let product = CreateRequest {
            name: "lamp".into(),
            price_fen: 9_900,
            stock: 100,
            ..CreateRequest::default()
        };
        self.product
            .clone()
            .create(by(&admin(), product))
            .await
            .unwrap()
            .into_inner()
            .id
    }

    pub(crate) async fn stock(&self, id: i64) -> i64 {
        self.product
            .clone()
            .get(GetRequest { id })
            .await
            .unwrap()
            .into_inner()
            .stock
    }

    /// An open activity of a product of its own.
    pub(crate) async fn sale(&self, units: i64, limit_per_user: i32) -> i64 {
        let product_id = self.product().await;
        let activity = CreateActivityRequest {
            product_id,
            units,
            limit_per_user,
            ..self.draft()
        };
        let id = self.create(activity).await.unwrap().id;
        self.warm(id).await;
        id
    }

    /// Of an activity that runs for an hour.
    pub(crate) fn draft(&self) -> CreateActivityRequest {
        let now_ms = self.clock.now_ms();
        CreateActivityRequest {
            price_fen: 990,
            units: 1,
            start_ms: now_ms,
            end_ms: now_ms + 3_600_000,
            payment_window_s: 900,
            ..CreateActivityRequest::default()
        }
    }

    pub(crate) async fn create(&self, draft: CreateActivityRequest) -> Result<Activity, Status> {
        Ok(self
            .seckill
            .clone()
            .create_activity(by(&admin(), draft))
            .await?
            .into_inner())
    }

    /// Waits until Redis sells it, or would.
    pub(crate) async fn warm(&self, activity: i64) {
        testkit::eventually(SOON, async || self.get(activity).await.open).await;
    }

    pub(crate) async fn get(&self, id: i64) -> Activity {
        let request = proto::seckill::GetActivityRequest { id };
        self.seckill
            .clone()
            .get_activity(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// One try.
    pub(crate) async fn ask(
        &self,
        activity_id: i64,
        user_id: i64,
        quantity: i32,
        key: &str,
    ) -> ReserveReply {
        let item = ReserveItem {
            activity_id,
            user_id,
            quantity,
            request_key: key.to_owned(),
            ..ReserveItem::default()
        };
        self.seckill
            .clone()
            .reserve(item)
            .await
            .unwrap()
            .into_inner()
    }

    /// What a person does who is told "busy, try again".
    pub(crate) async fn buy(&self, activity: i64, user: i64) -> (Outcome, String) {
        self.buy_with(activity, user, 1, "").await
    }

    pub(crate) async fn buy_with(
        &self,
        activity: i64,
        user: i64,
        quantity: i32,
        key: &str,
    ) -> (Outcome, String) {
        let started = std::time::Instant::now();
        loop {
            let reply = self.ask(activity, user, quantity, key).await;
            let outcome = reply.outcome();
            let again = matches!(
                outcome,
                Outcome::Busy | Outcome::Paused | Outcome::Unconfirmed
            );
            if !again || started.elapsed() > SOON {
                return (outcome, reply.accepted.unwrap_or_default().order_no);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The units that count, by number.
    pub(crate) async fn live(&self, activity_id: i64) -> BTreeMap<i64, LiveUnit> {
        let request = LiveUnitsRequest {
            activity_id,
            after_unit: 0,
            limit: 5_000,
        };
        let found = self
            .order
            .clone()
            .live_units(request)
            .await
            .unwrap()
            .into_inner();
        assert!(!found.more);
        let count = found.units.len();
        let units: BTreeMap<_, _> = found
            .units
            .into_iter()
            .map(|unit| (unit.unit_no, unit))
            .collect();
        assert_eq!(units.len(), count, "a unit is live twice");
        units
    }

    /// Waits until so many units count.
    pub(crate) async fn landed(&self, activity: i64, count: usize) {
        testkit::eventually(SOON, async || self.live(activity).await.len() == count).await;
    }

    pub(crate) async fn view(&self, user: i64, order_no: &str) -> OrderView {
        let request = proto::order::GetOrderRequest {
            order_no: order_no.to_owned(),
        };
        self.order
            .clone()
            .get_order(by(&buyer(user), request))
            .await
            .unwrap()
            .into_inner()
    }

    /// The buyer cancels; payment, which is not here, finds nothing to close.
    pub(crate) async fn cancel(&self, user: i64, order_no: &str) -> PaymentClosed {
        let request = proto::order::CancelOrderRequest {
            order_no: order_no.to_owned(),
        };
        let order = self
            .order
            .clone()
            .cancel_order(by(&buyer(user), request))
            .await;
        let order_id = order.unwrap().into_inner().id;
        let closed = PaymentClosed {
            order_id,
            payment_no: String::new(),
        };
        self.publish(&closed).await;
        closed
    }

    pub(crate) async fn publish<M: mq::Message>(&self, message: &M) {
        // RabbitMQ may refuse the first message to a queue that it is still making.
        testkit::eventually(SOON, async || {
            let message = mq::Outgoing::of(message);
            self.broker.publisher().publish(vec![message]).await.is_ok()
        })
        .await;
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.ctx.stop().cancel();
        for other in self.others.lock().unwrap().iter() {
            other.stop().cancel();
        }
    }
}

fn defaults<C: serde::de::DeserializeOwned + service::Validate>(name: &str, text: &str) -> C {
    testkit::config(name, text)
}

pub(crate) fn buyer(id: i64) -> Principal {
    Principal {
        user: UserId::try_from(id).unwrap(),
        username: format!("u{id}"),
        role: Role::User,
        session: None,
    }
}

pub(crate) fn admin() -> Principal {
    Principal {
        role: Role::Admin,
        ..buyer(1_000_000)
    }
}

pub(crate) fn by<T>(principal: &Principal, message: T) -> Request<T> {
    auth::request(principal, message)
}

#[track_caller]
pub(crate) fn reason<T>(result: Result<T, Status>) -> Reason {
    match result {
        Ok(_) => panic!("not refused"),
        Err(status) => rpc::PeerError::from(status).reason(),
    }
}
