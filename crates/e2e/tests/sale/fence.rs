//! Rebuilds that meet late messages, late rebuilders and dead ones.

use std::time::Duration;

use proto::{
    order::{FenceRequest, Reserved, State, fence_request},
    seckill::{CancelActivityRequest, GetTicketRequest, Outcome, TicketStatus},
};
use tokio::sync::mpsc;

use crate::support::{ALL, BY_HAND, PARTS, SOON, Shop, admin, buyer, by};

const GRPC: [service::Role; 1] = [service::Role::Grpc];

/// Takes messages and does not get on with them: the queue is empty all the while.
fn hold(shop: &Shop) -> mpsc::UnboundedReceiver<Reserved> {
    let (sender, held) = mpsc::unbounded_channel();
    let options = mq::ConsumerOptions {
        prefetch: 10,
        batch_max: 10,
        batch_wait: Duration::ZERO,
    };
    shop.broker
        .consume(options, move |messages: Vec<mq::Delivery<Reserved>>| {
            let done = vec![mq::Verdict::Done; messages.len()];
            for message in messages {
                sender.send(message.message).unwrap();
            }
            async { done }
        });
    held
}

async fn healed(shop: &Shop, sale: i64, above: i64) {
    testkit::eventually(SOON, async || {
        shop.app.detect().await.unwrap();
        let activity = shop.get(sale).await;
        activity.open && activity.epoch > above
    })
    .await;
}

/// Queue depth is no drain, and a snapshot knows nothing of what is still under way.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_consumer_holds_through_a_rebuild_is_interrupted_and_its_unit_sold_again() {
    let shop = Shop::open_as(&BY_HAND, &GRPC, |_| {}).await;
    let sale = shop.sale(2, 1).await;
    let mut held = hold(&shop);
    let won = loop {
        let told = shop.ask(sale, 7, 1, "").await;
        if told.outcome() == Outcome::Won {
            break told.accepted.unwrap();
        }
    };
    let message = held.recv().await.unwrap();
    shop.app.relay().await.unwrap();
    shop.lose(sale, &PARTS).await;
    healed(&shop, sale, 1).await;
    let ticket = |ticket: &str| {
        let request = GetTicketRequest {
            ticket: ticket.to_owned(),
        };
        let asked = by(&buyer(7), request);
        let mut seckill = shop.seckill.clone();
        async move { seckill.get_ticket(asked).await.unwrap().into_inner() }
    };
    // Final before anything landed: it never will.
    let view = ticket(&won.ticket).await;
    assert_eq!(
        (view.status(), &*view.reason),
        (TicketStatus::Failed, "interrupted")
    );
    let again = shop.ask(sale, 7, 1, "").await;
    assert_eq!(again.outcome(), Outcome::Won, "in the new epoch");
    let again = again.accepted.unwrap();
    assert_ne!(again.order_id, won.order_id);
    shop.land().await;
    shop.publish(&message).await;
    let second = held.recv();
    // Either consumer may have got the second message.
    if let Ok(Some(message)) = tokio::time::timeout(Duration::from_secs(2), second).await {
        shop.publish(&message).await;
    }
    while let Ok(Some(message)) = tokio::time::timeout(Duration::from_secs(1), held.recv()).await {
        shop.publish(&message).await;
    }
    shop.landed(sale, 1).await;
    testkit::eventually(SOON, async || {
        let view = ticket(&won.ticket).await;
        view.order_state == "refused"
    })
    .await;
    let view = ticket(&won.ticket).await;
    assert_eq!(
        (view.status(), &*view.reason),
        (TicketStatus::Failed, "interrupted")
    );
    assert_eq!(ticket(&again.ticket).await.status(), TicketStatus::Success);
    assert_eq!(shop.live(sale).await[&1].order_id, again.order_id);
}

/// A release carries the epoch that its closing read, or the unit would vanish.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_lived_through_a_rebuild_gives_its_unit_back() {
    let shop = Shop::open().await;
    let sale = shop.sale(1, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    shop.lose(sale, &PARTS).await;
    healed(&shop, sale, 1).await;
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::SoldOut);
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 1).await;
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::Won);
    shop.landed(sale, 1).await;
}

/// Redis is behind the closing: the release waits until a rebuild has passed it.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_waits_for_a_redis_that_is_behind() {
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let sale = shop.sale(2, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.landed(sale, 1).await;
    let old = shop.dump(sale).await;
    shop.lose(sale, &PARTS).await;
    healed(&shop, sale, 1).await;
    shop.roll_back(sale, &old).await;
    let before = shop.dump(sale).await;
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || {
        shop.view(7, &order_no).await.state() == State::Closed
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(
        shop.dump(sale).await,
        before,
        "nothing is given back to the past"
    );
    healed(&shop, sale, 2).await;
    for user in 8..10 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
    }
    // Its last delivery finds another's slot, or none.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(shop.buy(sale, 10).await.0, Outcome::SoldOut);
    shop.landed(sale, 2).await;
    let queue = <proto::seckill::Released as mq::Message>::QUEUE;
    assert_eq!(shop.broker.dead(queue).await.unwrap(), 0);
}

/// Behind a slow network: a rebuilder whose fence has committed and whose answer is still under way.
struct Slow {
    app: std::sync::Arc<seckill::App>,
    _proxy: testkit::ChaosProxy,
}

async fn slow_rebuilder(shop: &Shop, sale: i64) -> Slow {
    let order = shop.config.order.url.trim_start_matches("http://");
    let proxy = testkit::ChaosProxy::start(order.parse().unwrap()).await;
    let url = format!("http://{}", proxy.address());
    let app = shop
        .beside(|config| {
            config.order.url = url;
            config.sale.lease_ms = 60_000;
            config.sale.courtesy_ms = 0;
        })
        .await;
    app.refresh().await.unwrap();
    proxy.delay(Duration::from_millis(1_500));
    let before = shop.get(sale).await.epoch;
    shop.lose(sale, &PARTS).await;
    app.detect().await.unwrap();
    let epoch = async || {
        let epochs = shop
            .order
            .clone()
            .epochs(proto::order::EpochsRequest {})
            .await;
        let sales = epochs.unwrap().into_inner().sales;
        sales
            .iter()
            .find(|open| open.activity_id == sale)
            .unwrap()
            .epoch
    };
    testkit::eventually(SOON, async || epoch().await > before).await;
    // It is taken for dead.
    sqlx::query("UPDATE rebuild_leases SET until_ms = 0")
        .execute(&shop.db)
        .await
        .unwrap();
    Slow { app, _proxy: proxy }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_rebuilder_installs_nothing_over_the_next_one() {
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let sale = shop.sale(5, 1).await;
    shop.buy(sale, 1).await;
    shop.landed(sale, 1).await;
    let _slow = slow_rebuilder(&shop, sale).await;
    healed(&shop, sale, 2).await;
    for user in 2..5 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
    }
    shop.landed(sale, 4).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(shop.get(sale).await.epoch, 3);
    assert_eq!(shop.buy(sale, 5).await.0, Outcome::Won);
    assert_eq!(shop.buy(sale, 6).await.0, Outcome::SoldOut);
    shop.landed(sale, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_installed_after_the_end_is_removed() {
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let sale = shop.sale(5, 1).await;
    let product = shop.get(sale).await.product_id;
    shop.buy(sale, 1).await;
    shop.landed(sale, 1).await;
    let slow = slow_rebuilder(&shop, sale).await;
    let cancel = by(&admin(), CancelActivityRequest { id: sale });
    shop.seckill.clone().cancel_activity(cancel).await.unwrap();
    let there = async || shop.dump(sale).await[0].is_some();
    testkit::eventually(SOON, async || there().await).await;
    assert_eq!(shop.ask(sale, 2, 1, "").await.outcome(), Outcome::Cancelled);
    shop.app.detect().await.unwrap();
    assert!(!there().await);
    testkit::eventually(SOON, async || shop.stock(product).await == 100).await;
    drop(slow.app);
}

/// Paused by a rebuilder that died: detection leaves it alone until its lease is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_rebuilders_lease_is_taken_over() {
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let sale = shop.sale(3, 1).await;
    let until_ms = clock::Clock::now_ms(&*shop.clock) + 10_000;
    sqlx::query("UPDATE rebuild_leases SET owner = 'dead', until_ms = ? WHERE activity_id = ?")
        .bind(until_ms)
        .bind(sale)
        .execute(&shop.db)
        .await
        .unwrap();
    shop.forge(sale, "state", "paused").await;
    for _ in 0..3 {
        shop.app.detect().await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(shop.ask(sale, 1, 1, "").await.outcome(), Outcome::Paused);
    assert_eq!(shop.get(sale).await.epoch, 1);
    shop.clock.advance_ms(10_001);
    healed(&shop, sale, 1).await;
    assert_eq!(shop.buy(sale, 1).await.0, Outcome::Won);
}

/// A replica that slept through another's edit repeats its own: nothing moves twice or back.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_repeat_of_an_old_edit_changes_nothing() {
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let sale = shop.sale(3, 1).await;
    let product = shop.get(sale).await.product_id;
    for units in [6, 4] {
        let edit = proto::seckill::UpdateActivityRequest {
            id: sale,
            units: Some(units),
            ..Default::default()
        };
        let edited = shop
            .seckill
            .clone()
            .update_activity(by(&admin(), edit))
            .await
            .unwrap();
        assert_eq!(edited.into_inner().units, units);
    }
    testkit::eventually(SOON, async || shop.stock(product).await == 96).await;
    sqlx::query(
        "UPDATE activities SET intent = 'edit', version = 2, intent_units = 6, units = 3, \
         intent_start_ms = start_ms, intent_end_ms = end_ms, intent_until_ms = 0 WHERE id = ?",
    )
    .bind(sale)
    .execute(&shop.db)
    .await
    .unwrap();
    shop.app.finish_intents().await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.stock(product).await, 96);
    let edit = fence_request::Edit {
        version: 2,
        units: 6,
        start_ms: 0,
        end_ms: 0,
    };
    let request = FenceRequest {
        activity_id: sale,
        epoch: 3,
        intent: Some(fence_request::Intent::Edit(edit)),
    };
    let mut answer = shop
        .order
        .clone()
        .fence(request)
        .await
        .unwrap()
        .into_inner();
    let first = answer.message().await.unwrap().unwrap().part.unwrap();
    let proto::order::fence_chunk::Part::Fenced(fenced) = first else {
        panic!("{first:?}")
    };
    assert_eq!(fenced.outcome(), proto::order::fenced::Outcome::OldVersion);
    assert_eq!(fenced.terms.unwrap().units, 4);
}
