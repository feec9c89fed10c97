//! One payment service on private corners of real engines, with order's stand-in beside it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use auth::{Principal, Role};
use clock::{Clock, FakeClock};
use fault::{Fault, Reason};
use ids::{OrderId, OrderNo, UserId};
use mq::{Broker, Message, Outgoing};
use payment::{Config, Started};
use prometheus::proto::LabelPair;
use proto::{
    order::OrderView,
    payment::{
        Channel, CloseRequest, CreateRequest, GetRefundRequest, GetRequest, MockPayRequest,
        OrderClosing, PaymentView, Purpose, RefundDue, RefundView, State,
        payment_client::PaymentClient,
    },
};
use tonic::{Response, Status};

use crate::{heard::Heard, order::StandIn};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Shop {
    pub ctx: service::Ctx,
    pub clock: Arc<FakeClock>,
    pub config: Config,
    pub at: std::net::SocketAddr,
    pub client: PaymentClient<rpc::Channel>,
    pub order: StandIn,
    pub heard: Heard,
    pub pool: db::Pool,
    broker: Broker,
    next_order: AtomicI64,
}

pub(crate) fn defaults() -> Config {
    testkit::config(payment::NAME, payment::DEFAULTS)
}

impl Shop {
    /// `adapt` changes the configuration before the service starts.
    pub(crate) async fn open(adapt: impl FnOnce(&mut Config)) -> Self {
        let (ctx, clock) = testkit::ctx(payment::NAME);
        Self::open_in(ctx, clock, adapt).await
    }

    pub(crate) async fn open_in(
        ctx: service::Ctx,
        clock: Arc<FakeClock>,
        adapt: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = defaults();
        config.db = testkit::Mysql::schema(&payment::MIGRATOR, payment::NAME).await;
        config.mq = testkit::mq_config();
        config.grpc.listen = ([127, 0, 0, 1], 0).into();
        let order = StandIn::default();
        let at = order.start(&ctx, &config.fleet).await;
        config.order.url = format!("http://{at}");
        adapt(&mut config);

        let heard = Heard::default();
        let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
        heard.listen(&broker);
        let started = payment::start(&ctx, &config).await.unwrap();
        let peer = rpc::PeerConfig {
            url: format!("http://{}", started.grpc.unwrap()),
            timeout_ms: 20_000,
        };
        let client = PaymentClient::new(rpc::peer(&peer, &config.fleet));
        let pool = db::connect(&config.db).await.unwrap();
        let next_order = AtomicI64::new(1);
        Self {
            ctx,
            clock,
            config,
            at: started.grpc.unwrap(),
            client,
            order,
            heard,
            pool,
            broker,
            next_order,
        }
    }

    /// A pending order of `user`, with a quarter of an hour to pay.
    pub(crate) fn order_of(&self, user: i64, total_fen: i64) -> OrderView {
        let id = self.next_order.fetch_add(1, Ordering::SeqCst);
        let no = OrderNo::new(OrderId::try_from(id).unwrap(), self.clock.now());
        let order = OrderView {
            id,
            order_no: no.to_string(),
            user_id: user,
            total_fen,
            expires_at_ms: self.clock.now_ms() + 15 * 60_000,
            ..OrderView::default()
        };
        self.order.put(order.clone());
        order
    }

    pub(crate) async fn create(&self, order: &OrderView) -> Result<PaymentView, Status> {
        let message = CreateRequest {
            purpose: Purpose::Order.into(),
            subject: order.order_no.clone(),
            channel: Channel::WechatNative.into(),
        };
        let request = auth::request(&principal(order.user_id), message);
        self.client
            .clone()
            .create(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn close(&self, user: i64, payment_no: &str) -> Result<PaymentView, Status> {
        let message = CloseRequest {
            payment_no: payment_no.to_owned(),
        };
        let request = auth::request(&principal(user), message);
        self.client
            .clone()
            .close(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn get_refund(&self, user: i64, no: &str) -> Result<RefundView, Status> {
        let message = GetRefundRequest {
            refund_no: no.to_owned(),
        };
        let request = auth::request(&principal(user), message);
        self.client
            .clone()
            .get_refund(request)
            .await
            .map(Response::into_inner)
    }

    /// Waits until the payment is in `state`.
    pub(crate) async fn comes_to(&self, payment: &PaymentView, state: State) -> PaymentView {
        let seen = Mutex::new(payment.clone());
        testkit::eventually(LIMIT, || async {
            let view = self
                .get(payment.user_id, &payment.payment_no)
                .await
                .unwrap();
            *seen.lock().unwrap() = view.clone();
            view.state() == state
        })
        .await;
        seen.into_inner().unwrap()
    }

    pub(crate) async fn mock_pay(&self, order: &OrderView) -> Result<PaymentView, Status> {
        let message = MockPayRequest {
            order_no: order.order_no.clone(),
            ..MockPayRequest::default()
        };
        let request = auth::request(&principal(order.user_id), message);
        self.client
            .clone()
            .mock_pay(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn get(&self, user: i64, payment_no: &str) -> Result<PaymentView, Status> {
        let message = GetRequest {
            payment_no: payment_no.to_owned(),
            ..GetRequest::default()
        };
        let request = auth::request(&principal(user), message);
        self.client
            .clone()
            .get(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn of_order(&self, order: &OrderView) -> PaymentView {
        self.by_order(order, false).await.unwrap()
    }

    /// After asking the provider.
    pub(crate) async fn synced(&self, order: &OrderView) -> Result<PaymentView, Status> {
        self.by_order(order, true).await
    }

    async fn by_order(&self, order: &OrderView, sync: bool) -> Result<PaymentView, Status> {
        let message = GetRequest {
            order_no: order.order_no.clone(),
            sync,
            ..GetRequest::default()
        };
        let request = auth::request(&principal(order.user_id), message);
        self.client
            .clone()
            .get(request)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn say<M: Message>(&self, message: &M) {
        self.send(Outgoing::of(message)).await;
    }

    pub(crate) async fn send(&self, message: Outgoing) {
        // The broker may be busy making the queue.
        testkit::eventually(LIMIT, || async {
            let message = message.clone();
            self.broker.publisher().publish(vec![message]).await.is_ok()
        })
        .await;
    }

    pub(crate) async fn say_closing(&self, order: &OrderView) {
        self.say(&closing(order)).await;
    }

    pub(crate) async fn say_refund_due(&self, order: &OrderView, payment_no: &str) {
        self.say(&refund_due(order, payment_no)).await;
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    pub(crate) async fn dead<M: Message>(&self) -> u64 {
        self.broker.dead(M::QUEUE).await.unwrap()
    }

    /// How many messages order was told, once the last has left.
    pub(crate) async fn told(&self) -> i64 {
        testkit::eventually(LIMIT, || async {
            self.count("SELECT COUNT(*) FROM outbox").await == 0
        })
        .await;
        i64::try_from(self.heard.count()).unwrap()
    }

    /// Another process of the same service.
    pub(crate) async fn replica(&self) -> Started {
        payment::start(&self.ctx, &self.config).await.unwrap()
    }

    pub(crate) async fn close_down(self) {
        self.pool.close().await;
        assert!(
            self.ctx.shut_down(LIMIT).await,
            "something goes on after the stop"
        );
    }
}

/// How often the company was asked in this process, with this outcome.
pub(crate) fn calls(call: &str, outcome: &str) -> u64 {
    let families = prometheus::gather();
    let calls = families
        .iter()
        .find(|family| family.name() == "payment_provider_seconds");
    let labelled = |metric: &&prometheus::proto::Metric| {
        let labels: Vec<_> = metric.get_label().iter().map(LabelPair::value).collect();
        labels.contains(&call) && labels.contains(&outcome)
    };
    let found = calls.and_then(|family| family.get_metric().iter().find(labelled));
    found.map_or(0, |metric| metric.get_histogram().get_sample_count())
}

/// How often an alarm of this kind was raised in this process.
pub(crate) fn alarms(kind: &str) -> u64 {
    let label = |metric: &&prometheus::proto::Metric| {
        metric.get_label().iter().any(|label| label.value() == kind)
    };
    let families = prometheus::gather();
    let alarms = families
        .iter()
        .find(|family| family.name() == "payment_alarm_total");
    let found = alarms.and_then(|family| family.get_metric().iter().find(label));
    found.map_or(0, |metric| metric.get_counter().get_value() as u64)
}

pub(crate) fn closing(order: &OrderView) -> OrderClosing {
    OrderClosing {
        order_id: order.id,
        order_no: order.order_no.clone(),
        user_id: order.user_id,
        amount_fen: order.total_fen,
    }
}

pub(crate) fn refund_due(order: &OrderView, payment_no: &str) -> RefundDue {
    RefundDue {
        order_id: order.id,
        order_no: order.order_no.clone(),
        payment_no: payment_no.to_owned(),
        reason: "订单已关闭".into(),
    }
}

pub(crate) fn principal(user: i64) -> Principal {
    Principal {
        user: UserId::try_from(user).unwrap(),
        username: format!("user{user}"),
        role: Role::User,
        session: None,
    }
}

pub(crate) fn reason(refused: &Status) -> Reason {
    rpc::PeerError::from(refused.clone()).reason()
}

/// Waits until `look` finds something.
pub(crate) async fn until(look: impl Fn() -> bool) {
    testkit::eventually(LIMIT, || async { look() }).await;
}
