use std::{collections::HashSet, time::Duration};

use mq::Message;
use testkit::ChaosProxy;

use crate::support::{Ping, SOON, World};

#[derive(Clone, PartialEq, prost::Message)]
struct Refused {}

impl Message for Refused {
    const NAME: &'static str = "test.refused";
    const VERSION: u16 = 1;
    const QUEUE: &'static str = "test.ping.v2.retry.1s";
    const RETRY_S: &'static [u32] = &[1];
}

#[tokio::test]
async fn what_commits_is_sent_in_order_and_forgotten() {
    let world = World::new().await;
    world.consume();
    let wake = world.relay();
    // More than one claim, and a number of rows that is no power of two.
    let mut ids = world.append(0..700).await;
    let mut tx = world.pool.begin().await.unwrap();
    ids.push(
        outbox::append(&mut tx, &Ping { n: 700 }, 1_000)
            .await
            .unwrap(),
    );
    tx.commit().await.unwrap();
    wake.now();
    testkit::eventually(SOON, || async { world.received.all().len() == 701 }).await;
    let expected: Vec<_> = ids.into_iter().zip(0..).collect();
    assert_eq!(world.received.all(), expected);
    testkit::eventually(SOON, || async { world.pending().await == 0 }).await;
    world.end().await;
}

#[tokio::test]
async fn what_rolls_back_was_never_said() {
    let world = World::new().await;
    world.consume();
    world.relay();
    let mut tx = world.pool.begin().await.unwrap();
    outbox::append(&mut tx, &Ping { n: 1 }, 1_000)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    world.append(2..3).await;
    testkit::eventually(SOON, || async { !world.received.all().is_empty() }).await;
    assert_eq!(world.received.all()[0].1, 2);
    world.end().await;
}

#[tokio::test]
async fn a_relay_does_not_wait_for_a_transaction_that_is_still_open() {
    let world = World::new().await;
    world.consume();
    let mut open = world.pool.begin().await.unwrap();
    outbox::append(&mut open, &Ping { n: 1 }, 1_000)
        .await
        .unwrap();
    world.append(2..3).await;
    world.relay();
    testkit::eventually(Duration::from_secs(2), || async {
        world.received.all().len() == 1
    })
    .await;
    open.commit().await.unwrap();
    testkit::eventually(SOON, || async { world.received.all().len() == 2 }).await;
    world.end().await;
}

#[tokio::test]
async fn several_relays_send_each_message_once() {
    let world = World::new().await;
    world.consume();
    let wakes: Vec<_> = (0..3).map(|_| world.relay()).collect();
    for first in (0..3_000).step_by(100) {
        world.append(first..first + 100).await;
        wakes.iter().for_each(outbox::Wake::now);
    }
    testkit::eventually(SOON, || async { world.pending().await == 0 }).await;
    testkit::eventually(SOON, || async { world.received.all().len() >= 3_000 }).await;
    let received = world.received.all();
    let distinct: HashSet<_> = received.iter().map(|(id, _)| *id).collect();
    assert_eq!((distinct.len(), received.len()), (3_000, 3_000));
    world.end().await;
}

#[tokio::test]
async fn while_the_broker_is_away_messages_stay() {
    let url = testkit::amqp_url();
    let direct = testkit::server_address(&url);
    let proxy = ChaosProxy::start(direct).await;
    let url = url.replace(
        &format!(":{}", direct.port()),
        &format!(":{}", proxy.port()),
    );
    let config = mq::Config {
        url: url.into(),
        confirm_timeout_ms: 500,
        ..testkit::mq_config()
    };
    let world = World::with(&config).await;
    world.consume();
    world.relay();
    world.append(0..10).await;
    testkit::eventually(SOON, || async { world.received.all().len() == 10 }).await;

    proxy.cut();
    let ids = world.append(10..20).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.pending().await, 10);
    proxy.heal();
    testkit::eventually(SOON, || async { world.pending().await == 0 }).await;
    testkit::eventually(SOON, || async {
        let received: HashSet<_> = world.received.all().into_iter().map(|(id, _)| id).collect();
        ids.iter().all(|id| received.contains(id))
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn what_a_dead_relay_held_is_sent_when_its_lease_is_over() {
    let world = World::new().await;
    world.consume();
    world.append(0..3).await;
    // The claim of a dead relay; it ends two seconds from now.
    let until_ms = clock::Clock::now_ms(&clock::SystemClock) + 2_000;
    sqlx::query("UPDATE outbox SET owner = 9, lease_until_ms = ? WHERE id > 1")
        .bind(until_ms)
        .execute(&world.pool)
        .await
        .unwrap();
    world.relay();
    testkit::eventually(SOON, || async { world.received.all().len() == 1 }).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.received.all().len(), 1);
    testkit::eventually(SOON, || async { world.received.all().len() == 3 }).await;
    testkit::eventually(SOON, || async { world.pending().await == 0 }).await;
    world.end().await;
}

#[tokio::test]
async fn a_queue_that_refuses_does_not_hold_up_the_others() {
    let world = World::new().await;
    world.consume();
    // The step of a ladder: it exists, and not as a work queue.
    testkit::eventually(SOON, || async {
        world.broker.declare::<Ping>().await.is_ok()
    })
    .await;
    world.append(0..600).await;
    let refused = sqlx::query("UPDATE outbox SET queue = ?").bind(Refused::QUEUE);
    assert_eq!(
        refused.execute(&world.pool).await.unwrap().rows_affected(),
        600
    );
    world.append(600..610).await;
    world.relay();
    testkit::eventually(SOON, || async { world.received.all().len() == 10 }).await;
    // A row goes after its message has arrived.
    testkit::eventually(SOON, || async { world.pending().await == 600 }).await;
    world.broker.delete::<Refused>().await.unwrap();
    world.end().await;
}
