//! A sale on a schema of its own, and short ways to say what happens to it.

use std::sync::{Arc, Mutex};

use auth::{Principal, Role};
use clock::{Clock, FakeClock};
use ids::{ActivityId, OrderId, ProductId, UserId};
use money::Money;
use mq::Message as _;
use order::{
    App, Closing, Face, Fenced, Handled, Intent, LandOutcome, Peers, Received, Retail,
    model::{Edit, Epoch, Item, Order, Payment, PaymentNo, RequestKey, State, Terms, Version},
};
use prost::Message as _;
use proto::{
    payment::{OrderClosing, RefundDue},
    product::{StockReturned, inventory_client::InventoryClient},
    seckill::{Accepted, Released, seckill_client::SeckillClient},
};
use service::Ctx;
use uuid::Uuid;

#[path = "seckill.rs"]
mod seckill;

pub(crate) const PRICE_FEN: i64 = 9_900;
pub(crate) const WINDOW_S: i64 = 900;

pub(crate) const CLOSING: Closing = Closing {
    batch: 50,
    lease_ms: 10_000,
    ask_again_ms: 30_000,
};

pub(crate) const RETAIL: Retail = Retail {
    payment_window_s: 1_800,
    creating_ms: 15_000,
    unpaid_max: 20,
    confirm_days: 10,
    cart_lines_max: 50,
    cart_quantity_max: 999,
    anonymous_cart_days: 30,
};

/// The order of a sale.
pub(crate) fn landed(face: Face) -> Order {
    match face {
        Face::Landed(order) => *order,
        other => panic!("{other:?} is no order of a sale"),
    }
}

/// The verbs, on real MySQL. Nothing runs by itself, so the outbox keeps what is written.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) pool: db::Pool,
    pub(crate) db: db::Config,
    pub(crate) clock: Arc<FakeClock>,
    /// What seckill says it accepted.
    pub(crate) accepted: Arc<Mutex<Vec<Accepted>>>,
    pub(crate) ctx: Ctx,
}

/// What the outbox holds, in the order in which it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    Released(Released),
    Returned(StockReturned),
    Closing(OrderClosing),
    RefundDue(RefundDue),
}

pub(crate) async fn world() -> World {
    let (ctx, clock) = testkit::ctx("order");
    let mut db = testkit::Mysql::schema(&order::MIGRATOR, "order").await;
    // A crowd is to be counted, not to be timed.
    db.acquire_timeout_ms = 60_000;
    let pool = db::connect(&db).await.unwrap();
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let peer = seckill::start(&ctx, accepted.clone()).await;
    let nobody = rpc::PeerConfig {
        url: "http://127.0.0.1:1".to_owned(),
        timeout_ms: 1_000,
    };
    let peers = Peers {
        seckill: SeckillClient::new(rpc::peer(&peer, &fleet())),
        // What needs the stock is in e2e's tests, with the real one.
        inventory: InventoryClient::new(rpc::peer(&nobody, &fleet())),
    };
    let app = App::new(
        pool.clone(),
        clock.clone(),
        outbox::Wake::default(),
        peers,
        CLOSING,
        RETAIL,
    );
    World {
        app: Arc::new(app),
        pool,
        db,
        clock,
        accepted,
        ctx,
    }
}

pub(crate) fn fleet() -> rpc::FleetConfig {
    rpc::FleetConfig::plain("test")
}

pub(crate) fn activity(id: i64) -> ActivityId {
    id.try_into().unwrap()
}

pub(crate) fn id(order: i64) -> OrderId {
    order.try_into().unwrap()
}

pub(crate) fn user(id: i64) -> UserId {
    id.try_into().unwrap()
}

pub(crate) fn buyer(id: i64) -> Principal {
    Principal {
        user: user(id),
        username: format!("u{id}"),
        role: Role::User,
        session: None,
    }
}

pub(crate) fn admin() -> Principal {
    Principal {
        user: user(1_000_000),
        username: "admin".into(),
        role: Role::Admin,
        session: None,
    }
}

pub(crate) fn terms(units: i64) -> Terms {
    Terms {
        product: ProductId::try_from(77).unwrap(),
        product_name: "台灯".into(),
        product_image: "/photos/lamp.png".into(),
        price: Money::from_fen(PRICE_FEN).unwrap(),
        units,
        start_ms: 1,
        end_ms: 0,
        limit_per_user: 2,
        payment_window_s: WINDOW_S,
    }
}

/// One reservation of activity 1 in epoch 1: `units` as `slot:unit,…`.
pub(crate) fn item(order: i64, buyer: i64, units: &str) -> Item {
    Item {
        activity: activity(1),
        order: id(order),
        user: user(buyer),
        at_ms: 1_790_000_000_000,
        request_key: None,
        epoch: Epoch(1),
        units: units.parse().unwrap(),
    }
}

pub(crate) fn with_key(item: Item, key: &str) -> Item {
    Item {
        request_key: RequestKey::parse(key).unwrap(),
        ..item
    }
}

pub(crate) fn in_epoch(item: Item, epoch: i64) -> Item {
    Item {
        epoch: Epoch(epoch),
        ..item
    }
}

pub(crate) fn edit(version: i64, units: i64) -> Intent {
    Intent::Edit(Edit {
        version: Version(version),
        units,
        start_ms: 1,
        end_ms: 0,
    })
}

pub(crate) fn end(version: i64) -> Intent {
    Intent::End {
        version: Version(version),
        cancelled: false,
    }
}

/// A world with activity 1 open at epoch 1.
pub(crate) async fn open(units: i64) -> World {
    let world = world().await;
    world.open(1, units).await;
    world
}

impl World {
    pub(crate) async fn open(&self, id: i64, units: i64) {
        self.app
            .open_sale(activity(id), Version(1), terms(units))
            .await
            .unwrap();
        self.fence_of(id, 0, Intent::Rebuild).await;
    }

    pub(crate) async fn fence(&self, epoch: i64, intent: Intent) -> Fenced {
        self.fence_of(1, epoch, intent).await
    }

    pub(crate) async fn fence_of(&self, id: i64, epoch: i64, intent: Intent) -> Fenced {
        self.app
            .fence(activity(id), Epoch(epoch), intent)
            .await
            .unwrap()
    }

    pub(crate) async fn land(&self, items: &[Item]) -> Vec<LandOutcome> {
        self.app.land(items).await.unwrap()
    }

    pub(crate) async fn land_one(&self, item: Item) -> LandOutcome {
        self.land(&[item]).await[0]
    }

    pub(crate) async fn order(&self, order: i64) -> Option<Order> {
        self.app
            .outcome(activity(1), id(order))
            .await
            .unwrap()
            .order
    }

    pub(crate) async fn state(&self, order: i64) -> State {
        self.order(order).await.unwrap().state
    }

    /// Of activity 1.
    pub(crate) async fn live(&self) -> Vec<i64> {
        let page = self.app.live_units(activity(1), 0, 5_000).await.unwrap();
        page.units.iter().map(|unit| unit.unit_no).collect()
    }

    pub(crate) async fn suspect(&self) -> bool {
        let sales = self.app.epochs().await.unwrap();
        sales
            .iter()
            .any(|sale| sale.activity_id == 1 && sale.suspect)
    }

    pub(crate) async fn lapse(&self) {
        self.clock.advance_ms(WINDOW_S * 1_000);
        self.app.sweep().await.unwrap();
    }

    pub(crate) async fn pay(&self, order: i64, no: &str, fen: i64) -> Handled {
        let received = received(order, no, fen);
        self.app.payment_paid(&received).await.unwrap()
    }

    pub(crate) async fn allow(&self, order: i64, by: i64) {
        self.app.allow_payment(&buyer(by), id(order)).await.unwrap();
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// What was written since the last look.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let rows: Vec<(i64, String, Vec<u8>)> =
            sqlx::query_as("SELECT id, queue, body FROM outbox ORDER BY id")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        sqlx::query("DELETE FROM outbox")
            .execute(&self.pool)
            .await
            .unwrap();
        rows.into_iter()
            .map(|(_, queue, body)| event(&queue, &body))
            .collect()
    }
}

pub(crate) fn received(order: i64, no: &str, fen: i64) -> Received {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    Received {
        message: Uuid::from_u64_pair(7, NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
        order: id(order),
        payment: payment(no),
        amount: Money::from_fen(fen).unwrap(),
    }
}

pub(crate) fn payment(no: &str) -> Payment {
    Payment {
        no: PaymentNo::parse(no).unwrap(),
        at_ms: 1_790_000_100_000,
    }
}

fn event(queue: &str, body: &[u8]) -> Event {
    match queue {
        Released::QUEUE => Event::Released(Released::decode(body).unwrap()),
        StockReturned::QUEUE => Event::Returned(StockReturned::decode(body).unwrap()),
        OrderClosing::QUEUE => Event::Closing(OrderClosing::decode(body).unwrap()),
        RefundDue::QUEUE => Event::RefundDue(RefundDue::decode(body).unwrap()),
        other => panic!("{other} is not one of ours"),
    }
}

pub(crate) fn released(order: i64, buyer: i64, slots: &[i32], epoch: i64) -> Event {
    Event::Released(Released {
        activity_id: 1,
        order_id: order,
        user_id: buyer,
        slots: slots.to_vec(),
        epoch,
    })
}

pub(crate) fn returned(key: &str, units: i64) -> Event {
    Event::Returned(StockReturned {
        key: key.to_owned(),
        product_id: 77,
        units,
    })
}

pub(crate) fn accepted(item: &Item) -> Accepted {
    Accepted {
        activity_id: item.activity.get(),
        order_id: item.order.get(),
        order_no: String::new(),
        ticket: "ticket".into(),
        at_ms: item.at_ms,
        quantity: item.units.quantity(),
        product_id: 77,
        product_name: "台灯".into(),
        product_image: String::new(),
        price_fen: PRICE_FEN,
        epoch: item.epoch.0,
        slots: item.units.slots(),
        request_key: item
            .request_key
            .as_ref()
            .map_or("", RequestKey::as_str)
            .to_owned(),
    }
}
