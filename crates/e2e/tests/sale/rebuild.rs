//! What rebuilds and browsing cost the sales beside them.

use std::time::Duration;

use proto::seckill::{ListActivitiesRequest, Outcome};
use tokio::time::timeout;

use crate::support::{ALL, BY_HAND, PARTS, SOON, Shop};

const GRPC: [service::Role; 1] = [service::Role::Grpc];

async fn rebuilt(shop: &Shop, sale: i64, above: i64) {
    testkit::eventually(SOON, async || {
        shop.app.detect().await.unwrap();
        let activity = shop.get(sale).await;
        activity.open && activity.epoch > above
    })
    .await;
}

/// The landing queue is shared, and another sale may keep it busy for as long as it likes.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_waits_for_its_own_sales_messages_only() {
    let patient = |config: &mut seckill::Config| config.sale.courtesy_ms = 120_000;
    let shop = Shop::open_as(&BY_HAND, &GRPC, patient).await;
    let (busy, wiped, paused) = (
        shop.sale(9, 1).await,
        shop.sale(9, 1).await,
        shop.sale(9, 1).await,
    );
    shop.app.detect().await.unwrap();
    shop.clock.advance_ms(200_000);
    assert_eq!(shop.buy(busy, 7).await.0, Outcome::Won);
    let queue = <proto::order::Reserved as mq::Message>::QUEUE;
    assert!(shop.broker.depth(queue).await.unwrap().ready > 0);
    // Nothing of it is known to Redis any more, and nothing of it was sold lately.
    shop.lose(wiped, &PARTS).await;
    rebuilt(&shop, wiped, 1).await;
    // Redis says what it has sold: nothing.
    shop.forge(paused, "state", "paused").await;
    rebuilt(&shop, paused, 1).await;
    assert!(shop.broker.depth(queue).await.unwrap().ready > 0);
}

fn fences_running() -> f64 {
    let families = prometheus::gather();
    let fences = families
        .iter()
        .find(|family| family.name() == "seckill_fences_running");
    fences.map_or(0.0, |fences| fences.get_metric()[0].get_gauge().get_value())
}

/// Order serves a fence with one of a few connections, and buyers with the others.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_sales_are_lost_few_are_fenced_at_once() {
    const FENCES_MAX: f64 = 4.0;
    // Of the test that runs beside this one.
    const OTHERS: f64 = 2.0;
    let shop = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let mut sales = Vec::new();
    for _ in 0..24 {
        sales.push(shop.sale(1, 1).await);
    }
    for sale in &sales {
        shop.lose(*sale, &PARTS).await;
    }
    shop.app.detect().await.unwrap();
    let most = async {
        let mut most = fences_running();
        for sale in &sales {
            while shop.get(*sale).await.epoch < 2 {
                most = most.max(fences_running());
                tokio::task::yield_now().await;
            }
        }
        most
    };
    let most = timeout(SOON, most).await.unwrap();
    assert!(
        (1.0..=FENCES_MAX + OTHERS).contains(&most),
        "{most} at once"
    );
}

/// Browsing costs the race one look a sale in `view_age_ms`, however many browse.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_activities_asks_redis_no_more_than_its_age_allows() {
    let available = async |shop: &Shop| {
        let request = ListActivitiesRequest::default();
        let list = shop.seckill.clone().list_activities(request).await;
        list.unwrap().into_inner().activities[0].available
    };
    for (age_ms, wanted) in [(0, 4), (600_000, 5)] {
        let shop = Shop::open_as(&BY_HAND, &ALL, |config| {
            config.sale.view_age_ms = age_ms;
        });
        let shop = shop.await;
        let sale = shop.sale(5, 1).await;
        assert_eq!(available(&shop).await, 5);
        assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
        assert_eq!(available(&shop).await, wanted, "age {age_ms}");
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(available(&shop).await, wanted, "age {age_ms}");
    }
}
