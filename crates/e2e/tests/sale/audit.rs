//! Both sides hold the same units and buyers, or the audit says which.

use std::sync::Arc;

use kv::cmd;
use proto::{
    order::{Reserved, State},
    seckill::{Outcome, ReconcileRequest, ReconcileResponse},
};
use tokio::sync::Notify;

use crate::support::{ALL, BY_HAND, SOON, Shop, admin, by};

async fn shop(order: &[service::Role]) -> Shop {
    Shop::open_as(&BY_HAND, order, |config| config.sale.audit_again_ms = 50).await
}

async fn reconcile(shop: &Shop, id: i64, repair: bool) -> ReconcileResponse {
    let request = by(&admin(), ReconcileRequest { id, repair });
    shop.seckill
        .clone()
        .reconcile(request)
        .await
        .unwrap()
        .into_inner()
}

async fn run(shop: &Shop, verb: &str, key: &str, rest: &[&str]) {
    let command = cmd(verb).arg(key).arg(rest).to_owned();
    let _: kv::Value = shop.kv.query(&command).await.unwrap();
}

const ONE: mq::ConsumerOptions = mq::ConsumerOptions {
    prefetch: 1,
    batch_max: 1,
    batch_wait: std::time::Duration::ZERO,
};

/// In order's place: whatever is to land has to wait for MySQL.
fn retry_all(shop: &Shop) {
    shop.broker
        .consume(ONE, async |_: Vec<mq::Delivery<Reserved>>| {
            vec![mq::Verdict::Retry("MySQL is away".into())]
        });
}

/// In order's place: keeps one message in hand, where no queue shows it, and has it tried again in the end.
fn hold_one(shop: &Shop, let_go: Arc<Notify>) {
    shop.broker
        .consume(ONE, move |_: Vec<mq::Delivery<Reserved>>| {
            let let_go = Arc::clone(&let_go);
            async move {
                let_go.notified().await;
                vec![mq::Verdict::Retry("held for long".into())]
            }
        });
}

async fn waiting(shop: &Shop) -> u64 {
    shop.broker.waiting::<Reserved>().await.unwrap()
}

async fn sells_out(shop: &Shop, sale: i64, units: usize) {
    for user in 1_000.. {
        match shop.buy(sale, user).await.0 {
            Outcome::Won => {}
            Outcome::SoldOut => break,
            other => panic!("{other:?}"),
        }
    }
    shop.landed(sale, units).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_sides_are_nothing_to_say_and_busy_ones_not_judged() {
    let shop = shop(&ALL).await;
    let sale = shop.sale(3, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    shop.buy(sale, 8).await;
    shop.landed(sale, 2).await;
    shop.clock.advance_ms(2_000);
    // The confirmed entries are still on the list: it is older than a second, so not quiet.
    assert!(!reconcile(&shop, sale, true).await.quiet);
    shop.app.relay().await.unwrap();
    shop.clock.advance_ms(61_000);
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 2).await;
    let wanted = ReconcileResponse {
        quiet: true,
        ..ReconcileResponse::default()
    };
    testkit::eventually(SOON, async || reconcile(&shop, sale, true).await == wanted).await;
    assert_eq!(shop.get(sale).await.epoch, 1);
}

/// MySQL was away for longer than the audit waits, and the reservation waits to be tried again.
#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_on_the_retry_ladder_is_not_handed_off_again() {
    let shop = shop(&[service::Role::Grpc, service::Role::Jobs]).await;
    let sale = shop.sale(1, 1).await;
    retry_all(&shop);
    shop.buy(sale, 7).await;
    shop.app.relay().await.unwrap();
    shop.clock.advance_ms(61_000);
    let second_rung = format!("{}.retry.5s", <Reserved as mq::Message>::QUEUE);
    testkit::eventually(SOON, async || {
        shop.broker.depth(&second_rung).await.unwrap().ready > 0
    })
    .await;
    assert!(!reconcile(&shop, sale, true).await.quiet);
    assert_eq!(shop.get(sale).await.available, 0);
}

/// Lost in spite of its confirm, or in the hand of a consumer that hangs: both look alike, so it is published once
/// more, and lands once.
#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_never_arrives_is_handed_off_again() {
    let shop = shop(&[service::Role::Grpc, service::Role::Jobs]).await;
    let sale = shop.sale(1, 1).await;
    let let_go = Arc::new(Notify::new());
    hold_one(&shop, Arc::clone(&let_go));
    let told = shop.ask(sale, 7, 1, "").await.accepted.unwrap();
    shop.app.relay().await.unwrap();
    shop.clock.advance_ms(59_000);
    testkit::eventually(SOON, async || reconcile(&shop, sale, true).await.quiet).await;
    let young = reconcile(&shop, sale, true).await;
    assert!(
        young.quiet && young.orphan_order_ids.is_empty(),
        "{young:?}"
    );
    shop.clock.advance_ms(2_000);
    let lost = ReconcileResponse {
        quiet: true,
        orphan_order_ids: vec![told.order_id],
        ..ReconcileResponse::default()
    };
    assert_eq!(reconcile(&shop, sale, false).await, lost);
    assert_eq!(waiting(&shop).await, 0, "only looked");
    assert_eq!(reconcile(&shop, sale, true).await, lost);
    assert_eq!(waiting(&shop).await, 1);
    shop.land().await;
    shop.landed(sale, 1).await;
    let order = shop.view(7, &told.order_no).await;
    assert_eq!((order.id, order.state()), (told.order_id, State::Pending));

    let_go.notify_one();
    let first_rung = format!("{}.retry.1s", <Reserved as mq::Message>::QUEUE);
    let depth = async || shop.broker.depth(&first_rung).await.unwrap().ready;
    testkit::eventually(SOON, async || depth().await == 1).await;
    testkit::eventually(SOON, async || waiting(&shop).await == 0).await;
    let nothing = ReconcileResponse {
        quiet: true,
        ..ReconcileResponse::default()
    };
    assert_eq!(reconcile(&shop, sale, true).await, nothing);
    assert_eq!(shop.view(7, &told.order_no).await, order);
    assert_eq!(shop.live(sale).await[&1].order_id, told.order_id);
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::SoldOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_on_both_sides_or_on_none_is_found_and_rebuilt() {
    let shop = shop(&ALL).await;
    let sale = shop.sale(3, 1).await;
    let (_, order_no) = shop.buy(sale, 7).await;
    let (_, other) = shop.buy(sale, 8).await;
    shop.landed(sale, 2).await;
    shop.cancel(8, &other).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 2).await;
    shop.app.relay().await.unwrap();
    shop.clock.advance_ms(61_000);
    let order_id = shop.view(7, &order_no).await.id;
    let (buyers, returned) = (shop.key(sale, "buyers"), shop.key(sale, "returned"));
    // The same numbers of everything, so that nothing looks torn.
    run(&shop, "HDEL", &buyers, &["7/1"]).await;
    run(&shop, "RPUSH", &returned, &["1"]).await;
    let found = reconcile(&shop, sale, true).await;
    assert_eq!(found.doubled_units, [1]);
    assert_eq!(found.missing_order_ids, [order_id]);
    assert!(found.rebuilt && found.lost_units.is_empty() && found.orphan_order_ids.is_empty());
    assert_eq!(shop.get(sale).await.epoch, 2);
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Repeated);

    assert_eq!(shop.buy(sale, 9).await.0, Outcome::Won);
    shop.landed(sale, 2).await;
    shop.cancel(7, &order_no).await;
    testkit::eventually(SOON, async || shop.get(sale).await.available == 2).await;
    shop.app.relay().await.unwrap();
    shop.clock.advance_ms(61_000);
    run(&shop, "LSET", &returned, &["0", "99"]).await;
    let found = reconcile(&shop, sale, true).await;
    assert_eq!((&*found.lost_units, found.rebuilt), (&[1][..], true));
    sells_out(&shop, sale, 3).await;
    assert!(shop.live(sale).await.keys().copied().eq(1..=3));
}
