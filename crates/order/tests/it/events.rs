//! Over RabbitMQ: what a message does, and when it is acknowledged, tried again or put aside.

use std::time::Duration;

use mq::{Message, Outgoing};
use order::{Config, Intent, Started, model::State};
use proto::{
    order::{PaymentClosed, PaymentPaid, PaymentRefunded, Reserved, ReservedItem, reserved_item},
    payment::OrderClosing,
    seckill::Released,
};
use testkit::eventually;

use crate::support::{PRICE_FEN, World, id, world};

const SOON: Duration = Duration::from_secs(20);

/// The whole service beside the verbs, on the same schema.
async fn service(world: &World, batching: bool) -> Started {
    started(world, world.db.clone(), batching).await
}

async fn started(world: &World, db: db::Config, batching: bool) -> Started {
    let mut config: Config = testkit::config("order", order::DEFAULTS);
    config.db = db;
    config.mq = testkit::mq_config();
    config.grpc.listen = "127.0.0.1:0".parse().unwrap();
    config.landing.batching = batching;
    order::start(world.ctx.clone(), config).await.unwrap()
}

fn item(order: i64, epoch: i64, units: &[(i32, i64)]) -> ReservedItem {
    let unit = |(slot, unit_no): &(i32, i64)| reserved_item::Unit {
        slot: *slot,
        unit_no: *unit_no,
    };
    ReservedItem {
        activity_id: 1,
        order_id: order,
        user_id: order,
        at_ms: 1_790_000_000_000,
        request_key: String::new(),
        epoch,
        units: units.iter().map(unit).collect(),
        trace_parent: String::new(),
    }
}

/// As every publisher of ours does: until the broker has it. A queue that was declared a moment ago refuses at times.
async fn publish<M: Message>(service: &Started, message: &M) {
    let outgoing = Outgoing::of(message);
    eventually(SOON, || async {
        let publisher = service.broker.publisher();
        publisher.publish(vec![outgoing.clone()]).await.is_ok()
    })
    .await;
}

async fn ready<M: Message>(service: &Started) -> u64 {
    service
        .broker
        .depth(M::QUEUE)
        .await
        .map_or(0, |depth| depth.ready)
}

async fn dead<M: Message>(service: &Started) -> u64 {
    let queue = format!("{}.dead", M::QUEUE);
    service
        .broker
        .depth(&queue)
        .await
        .map_or(0, |depth| depth.ready)
}

async fn landed(world: &World, order: i64) -> bool {
    world.order(order).await.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_land_and_are_gone() {
    let world = world().await;
    world.open(1, 1_000).await;
    let service = service(&world, true).await;
    for message in 0..30 {
        let items = (1..=10)
            .map(|n| message * 10 + n)
            .map(|n| item(n, 1, &[(0, n)]))
            .collect();
        publish(&service, &Reserved { items }).await;
    }
    eventually(SOON, || async { world.live().await.len() == 300 }).await;
    eventually(SOON, || async { ready::<Reserved>(&service).await == 0 }).await;
    world.ctx.shut_down(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_transaction_per_order_lands_as_well() {
    let world = world().await;
    world.open(1, 1_000).await;
    let service = service(&world, false).await;
    let items = (1..=50).map(|n| item(n, 1, &[(0, n)])).collect();
    publish(&service, &Reserved { items }).await;
    eventually(SOON, || async { world.live().await.len() == 50 }).await;
    world.ctx.shut_down(SOON).await;
}

/// One poisoned item, one that is ahead, and their neighbours in the same message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_judged_alone() {
    let world = world().await;
    world.open(1, 1_000).await;
    let service = service(&world, true).await;
    let no_units = item(2, 1, &[]);
    let items = vec![
        item(1, 1, &[(0, 1)]),
        no_units,
        item(3, 2, &[(0, 3)]),
        item(4, 1, &[(0, 4)]),
    ];
    publish(&service, &Reserved { items }).await;
    eventually(SOON, || async {
        landed(&world, 1).await && landed(&world, 4).await
    })
    .await;
    eventually(SOON, || async { dead::<Reserved>(&service).await == 1 }).await;
    assert!(!landed(&world, 3).await);
    // The row catches up, and the ladder brings the item back.
    world.fence(1, Intent::Rebuild).await;
    eventually(SOON, || async { landed(&world, 3).await }).await;
    assert_eq!(world.live().await, [1, 3, 4]);
    world.ctx.shut_down(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_life_over_the_wire() {
    let world = world().await;
    world.open(1, 1_000).await;
    let service = service(&world, true).await;
    let items = vec![item(1, 1, &[(0, 1)]), item(2, 1, &[(0, 2)])];
    publish(&service, &Reserved { items }).await;
    eventually(SOON, || async { world.live().await.len() == 2 }).await;
    world.allow(1, 1).await;
    world.allow(2, 2).await;

    let paid = PaymentPaid {
        order_id: 1,
        payment_no: "PAY1".into(),
        amount_fen: PRICE_FEN,
        paid_at_ms: 5,
    };
    publish(&service, &paid).await;
    eventually(SOON, || async {
        matches!(world.state(1).await, State::Paid { .. })
    })
    .await;

    // The sweeper runs each second, and the relay hands its question to the broker.
    world.clock.advance_ms(900_000);
    eventually(SOON, || async {
        ready::<OrderClosing>(&service).await == 1
    })
    .await;
    publish(
        &service,
        &PaymentClosed {
            order_id: 2,
            payment_no: "PAY2".into(),
        },
    )
    .await;
    eventually(SOON, || async {
        matches!(world.state(2).await, State::Closed { .. })
    })
    .await;
    eventually(SOON, || async { ready::<Released>(&service).await == 1 }).await;

    world
        .app
        .refund_order(&crate::support::admin(), id(1), "")
        .await
        .unwrap();
    let refunded = PaymentRefunded {
        order_id: 1,
        payment_no: "PAY1".into(),
        refund_no: "REF1".into(),
    };
    publish(&service, &refunded).await;
    eventually(SOON, || async {
        matches!(world.state(1).await, State::Refunded { .. })
    })
    .await;
    publish(
        &service,
        &PaymentPaid {
            order_id: 9,
            ..paid
        },
    )
    .await;
    eventually(SOON, || async { dead::<PaymentPaid>(&service).await == 1 }).await;
    world.ctx.shut_down(SOON).await;
}

/// While MySQL is away nothing is requeued, nothing is dead, and afterwards everything lands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn landing_waits_for_mysql() {
    let world = world().await;
    world.open(1, 1_000).await;
    let direct = testkit::server_address(&testkit::mysql_url());
    let proxy = testkit::ChaosProxy::start(direct).await;
    let service = started(
        &world,
        testkit::Mysql::through(&world.db, proxy.address()),
        true,
    )
    .await;
    publish(
        &service,
        &Reserved {
            items: vec![item(1, 1, &[(0, 1)])],
        },
    )
    .await;
    eventually(SOON, || async { landed(&world, 1).await }).await;
    proxy.cut();
    for n in 2..=20 {
        publish(
            &service,
            &Reserved {
                items: vec![item(n, 1, &[(0, n)])],
            },
        )
        .await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.live().await, [1]);
    proxy.heal();
    eventually(SOON, || async { world.live().await.len() == 20 }).await;
    assert_eq!(dead::<Reserved>(&service).await, 0);
    world.ctx.shut_down(SOON).await;
}
