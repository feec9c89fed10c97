//! What was recorded is carried out, whichever process dies meanwhile.

use fault::Reason;
use proto::{
    product::DeleteRequest,
    seckill::{Activity, CreateActivityRequest, Outcome, Status, UpdateActivityRequest},
};
use testkit::ChaosProxy;

use crate::support::{ALL, BY_HAND, SOON, Shop, admin, by, reason};

struct Lines {
    order: ChaosProxy,
    product: ChaosProxy,
}

/// A shop whose seckill reaches its neighbours through links that can be cut.
async fn shop() -> (Shop, Lines) {
    let plain = Shop::open_as(&BY_HAND, &ALL, |_| {}).await;
    let line = async |url: &str| {
        let peer = url.trim_start_matches("http://").parse().unwrap();
        ChaosProxy::start(peer).await
    };
    let lines = Lines {
        order: line(&plain.config.order.url).await,
        product: line(&plain.config.product.url).await,
    };
    let mut shop = plain;
    let (order, product) = (lines.order.address(), lines.product.address());
    let port = testkit::free_port();
    shop.app = shop
        .beside(|config| {
            config.order.url = format!("http://{order}");
            config.product.url = format!("http://{product}");
            (config.order.timeout_ms, config.product.timeout_ms) = (500, 500);
            config.grpc.listen = format!("127.0.0.1:{port}").parse().unwrap();
        })
        .await;
    let peer = rpc::PeerConfig {
        url: format!("http://127.0.0.1:{port}"),
        timeout_ms: 20_000,
    };
    shop.seckill =
        proto::seckill::seckill_client::SeckillClient::new(rpc::peer(&peer, &shop.config.fleet));
    (shop, lines)
}

async fn finished(shop: &Shop, id: i64, done: impl Fn(&Activity) -> bool) {
    testkit::eventually(SOON, async || {
        shop.app.finish_intents().await.unwrap();
        shop.app.detect().await.unwrap();
        shop.app.refresh().await.unwrap();
        done(&shop.get(id).await)
    })
    .await;
}

async fn update(shop: &Shop, id: i64, units: i64) -> Result<Activity, tonic::Status> {
    let edit = UpdateActivityRequest {
        id,
        units: Some(units),
        ..UpdateActivityRequest::default()
    };
    let updated = shop
        .seckill
        .clone()
        .update_activity(by(&admin(), edit))
        .await?;
    Ok(updated.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_without_its_neighbours_is_finished_when_they_are_back() {
    let (shop, lines) = shop().await;
    let product_id = shop.product().await;
    let draft = CreateActivityRequest {
        product_id,
        units: 30,
        ..shop.draft()
    };
    lines.order.cut();
    let created = shop.create(draft).await.unwrap();
    assert!(!created.open, "it is recorded and not yet on sale");
    let found = created.id;
    assert_eq!(
        shop.stock(product_id).await,
        70,
        "moved before order was asked"
    );
    assert_eq!(shop.ask(found, 7, 1, "").await.outcome(), Outcome::Paused);
    lines.order.heal();
    finished(&shop, found, |activity| activity.open).await;
    assert_eq!(shop.stock(product_id).await, 70, "and not once more");
    assert_eq!(shop.buy(found, 7).await.0, Outcome::Won);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raise_whose_fence_failed_is_applied_once() {
    let (shop, lines) = shop().await;
    let sale = shop.sale(3, 1).await;
    let product_id = shop.get(sale).await.product_id;
    lines.order.cut();
    assert!(update(&shop, sale, 5).await.is_err());
    assert_eq!(shop.stock(product_id).await, 95);
    assert_eq!(
        reason(update(&shop, sale, 9).await),
        Reason::SeckillBusy,
        "one at a time"
    );
    lines.order.heal();
    finished(&shop, sale, |activity| activity.open && activity.units == 5).await;
    assert_eq!(shop.stock(product_id).await, 95);
    for user in 1..=5 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
    }
    assert_eq!(shop.buy(sale, 6).await.0, Outcome::SoldOut);
}

/// The product is gone: a raise is refused for good, and the sale goes on to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_product_holds_up_no_sale() {
    let (shop, _lines) = shop().await;
    let sale = shop.sale(2, 1).await;
    let id = shop.get(sale).await.product_id;
    let delete = by(&admin(), DeleteRequest { id });
    shop.product.clone().delete(delete).await.unwrap();
    assert_eq!(
        reason(update(&shop, sale, 5).await),
        Reason::ProductNotFound
    );
    shop.app.finish_intents().await.unwrap();
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
    assert_eq!(
        update(&shop, sale, 1).await.unwrap().units,
        1,
        "less is still fine"
    );
    shop.clock.advance_ms(3_600_000);
    finished(&shop, sale, |activity| activity.status() == Status::Ended).await;
    let state: String = sqlx::query_scalar("SELECT state FROM activities")
        .fetch_one(&shop.db)
        .await
        .unwrap();
    assert_eq!(state, "ended");
}

/// The replica that records an intent has a minute; then another replica takes over.
#[tokio::test(flavor = "multi_thread")]
async fn an_intent_of_a_dead_worker_is_adopted_after_its_time() {
    let (shop, _lines) = shop().await;
    let sale = shop.sale(4, 1).await;
    let product_id = shop.get(sale).await.product_id;
    let until_ms = clock::Clock::now_ms(&*shop.clock) + 60_000;
    sqlx::query(
        "UPDATE activities SET intent = 'cancel', version = 2, intent_until_ms = ? WHERE id = ?",
    )
    .bind(until_ms)
    .bind(sale)
    .execute(&shop.db)
    .await
    .unwrap();
    shop.app.finish_intents().await.unwrap();
    shop.app.refresh().await.unwrap();
    assert_eq!(shop.get(sale).await.status(), Status::Active);
    shop.clock.advance_ms(60_001);
    finished(&shop, sale, |activity| {
        activity.status() == Status::Cancelled
    })
    .await;
    testkit::eventually(SOON, async || shop.stock(product_id).await == 100).await;
    assert!(shop.dump(sale).await[0].is_none(), "the keys go with it");
}
