use std::{sync::Arc, time::Duration};

use auth::{Principal, Role};
use clock::FakeClock;
use fault::{Fault, Reason};
use order::App;
use proto::{
    order::{
        AllowPaymentRequest, CreateOrderRequest, GetOrderRequest, OrderView, PaymentClosed,
        PaymentPaid, PaymentRefunded, State, cart_client::CartClient,
        coupons_client::CouponsClient, create_order_request::Line, order_client::OrderClient,
        retail_client::RetailClient,
    },
    product::{CreateRequest, product_client::ProductClient},
};
use service::Ctx;
use tonic::{Request, Status};

/// Whatever settles by itself settles within this.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// Longer than any crowd of a test takes on a busy machine: a crowd is to be counted, not to be timed.
const PATIENCE_MS: u64 = 60_000;
pub(crate) const PRICE_FEN: i64 = 9_900;

type Channel = rpc::Channel;

/// Two services of this test's own, and the engines behind them.
pub(crate) struct Shop {
    pub(crate) orders: OrderClient<Channel>,
    pub(crate) retail: RetailClient<Channel>,
    pub(crate) cart: CartClient<Channel>,
    pub(crate) coupons: CouponsClient<Channel>,
    pub(crate) product: ProductClient<Channel>,
    pub(crate) clock: Arc<FakeClock>,
    /// What sweeps when a test says so.
    pub(crate) app: Arc<App>,
    pub(crate) db: db::Pool,
    pub(crate) product_db: db::Pool,
    pub(crate) of_product: rpc::PeerConfig,
    pub(crate) of_order: rpc::PeerConfig,
    broker: mq::Broker,
    pub(crate) ctx: Ctx,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let (ctx, clock) = testkit::ctx("shop");
        let mq = testkit::mq_config();
        let peer = |address: std::net::SocketAddr| rpc::PeerConfig {
            url: format!("http://{address}"),
            timeout_ms: PATIENCE_MS,
        };
        let nowhere = "127.0.0.1:0".parse().unwrap();

        let mut config: product::Config = testkit::config(product::NAME, product::DEFAULTS);
        config.db = testkit::Mysql::schema(&product::MIGRATOR, product::NAME).await;
        config.mq = mq.clone();
        config.grpc.listen = nowhere;
        config.grpc.deadline_max_ms = PATIENCE_MS;
        config.db.acquire_timeout_ms = PATIENCE_MS;
        let product_db = db::connect(&config.db).await.unwrap();
        let started = product::start(ctx.clone(), config.clone()).await.unwrap();
        let of_product = peer(started.grpc.unwrap());
        let fleet = config.fleet;

        let mut config: order::Config = testkit::config(order::NAME, order::DEFAULTS);
        config.db = testkit::Mysql::schema(&order::MIGRATOR, order::NAME).await;
        config.mq = mq.clone();
        config.grpc.listen = nowhere;
        config.grpc.deadline_max_ms = PATIENCE_MS;
        config.db.acquire_timeout_ms = PATIENCE_MS;
        config.product.clone_from(&of_product);
        "http://127.0.0.1:1".clone_into(&mut config.seckill.url);
        // No jobs: tests sweep by hand.
        let roles = [service::Role::Grpc, service::Role::Events];
        let of_order = Ctx::new(ctx.name, ctx.clock.clone(), &roles);
        let started = order::start(of_order, config).await.unwrap();
        let of_order = peer(started.grpc.unwrap());
        let channel = |peer: &rpc::PeerConfig| rpc::peer(peer, &fleet);
        Self {
            orders: OrderClient::new(channel(&of_order)),
            retail: RetailClient::new(channel(&of_order)),
            cart: CartClient::new(channel(&of_order)),
            coupons: CouponsClient::new(channel(&of_order)),
            product: ProductClient::new(channel(&of_product)),
            clock,
            app: started.app,
            db: started.pool,
            product_db,
            broker: mq::connect(&mq, ctx.tracker(), ctx.stop()).await,
            of_product,
            of_order,
            ctx,
        }
    }

    /// A product of its own category, and its number.
    pub(crate) async fn product(&self, name: &str, price_fen: i64, stock: i64) -> i64 {
        let product = CreateRequest {
            name: name.into(),
            price_fen,
            stock,
            category: name.into(),
            ..CreateRequest::default()
        };
        let made = self.product.clone().create(by(&admin(), product)).await;
        made.unwrap().into_inner().id
    }

    /// Stock and held units.
    pub(crate) async fn level(&self, product: i64) -> (i64, i64) {
        sqlx::query_as("SELECT stock, reserved FROM products WHERE id = ?")
            .bind(product)
            .fetch_one(&self.product_db)
            .await
            .unwrap()
    }

    /// Once the messages on their way have arrived.
    pub(crate) async fn level_becomes(&self, product: i64, level: (i64, i64)) {
        testkit::eventually(SOON, || async { self.level(product).await == level }).await;
    }

    pub(crate) async fn order(
        &self,
        user: i64,
        request: CreateOrderRequest,
    ) -> Result<OrderView, Reason> {
        let made = self
            .retail
            .clone()
            .create_order(by(&buyer(user), request))
            .await;
        made.map(tonic::Response::into_inner).map_err(reason)
    }

    pub(crate) async fn get(&self, user: i64, order_no: &str) -> OrderView {
        let request = GetOrderRequest {
            order_no: order_no.to_owned(),
        };
        let found = self
            .orders
            .clone()
            .get_order(by(&buyer(user), request))
            .await;
        found.unwrap().into_inner()
    }

    pub(crate) async fn state_becomes(&self, order: &OrderView, state: State) {
        testkit::eventually(SOON, || async {
            self.get(order.user_id, &order.order_no).await.state() == state
        })
        .await;
    }

    pub(crate) async fn allow(&self, order: &OrderView) -> Result<OrderView, Status> {
        let request = AllowPaymentRequest {
            order_no: order.order_no.clone(),
        };
        let allowed = self
            .orders
            .clone()
            .allow_payment(by(&buyer(order.user_id), request))
            .await?;
        Ok(allowed.into_inner().order.unwrap())
    }

    /// Payment says that money came.
    pub(crate) async fn paid(&self, order: &OrderView, payment_no: &str, amount_fen: i64) {
        let message = PaymentPaid {
            order_id: order.id,
            payment_no: payment_no.to_owned(),
            amount_fen,
            paid_at_ms: 1_790_000_100_000,
        };
        self.say(&message).await;
    }

    pub(crate) async fn pay(&self, order: &OrderView) {
        self.allow(order).await.unwrap();
        let no = format!("PAY{}", order.id);
        self.paid(order, &no, order.total_fen).await;
        self.state_becomes(order, State::Paid).await;
    }

    pub(crate) async fn closed(&self, order: &OrderView) {
        self.say(&PaymentClosed {
            order_id: order.id,
            payment_no: String::new(),
        })
        .await;
    }

    pub(crate) async fn refunded(&self, order: &OrderView) {
        self.say(&PaymentRefunded {
            order_id: order.id,
            payment_no: format!("PAY{}", order.id),
            refund_no: "REF1".into(),
        })
        .await;
    }

    async fn say<M: mq::Message>(&self, message: &M) {
        let messages = vec![mq::Outgoing::of(message)];
        self.broker.publisher().publish(messages).await.unwrap();
    }

    /// Orders that buyers see, intents that came to nothing, and intents that nobody has decided.
    pub(crate) async fn phases(&self) -> (i64, i64, i64) {
        sqlx::query_as(
            "SELECT COALESCE(CAST(SUM(state NOT IN ('void', 'creating')) AS SIGNED), 0),
                    COALESCE(CAST(SUM(state = 'void') AS SIGNED), 0),
                    COALESCE(CAST(SUM(state = 'creating') AS SIGNED), 0) FROM retail_orders",
        )
        .fetch_one(&self.db)
        .await
        .unwrap()
    }
}

pub(crate) fn lines(lines: &[(i64, i32)]) -> CreateOrderRequest {
    let line = |&(product_id, quantity): &(i64, i32)| Line {
        product_id,
        quantity,
    };
    CreateOrderRequest {
        lines: lines.iter().map(line).collect(),
        ..CreateOrderRequest::default()
    }
}

pub(crate) fn keyed(request: CreateOrderRequest, key: &str) -> CreateOrderRequest {
    CreateOrderRequest {
        idempotency_key: key.to_owned(),
        ..request
    }
}

pub(crate) fn by<T>(principal: &Principal, message: T) -> Request<T> {
    auth::request(principal, message)
}

pub(crate) fn buyer(id: i64) -> Principal {
    Principal {
        user: id.try_into().unwrap(),
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

pub(crate) fn reason(status: Status) -> Reason {
    rpc::PeerError::from(status).reason()
}
