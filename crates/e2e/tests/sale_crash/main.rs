//! Seckill stops at the points where it hurts most, and another one with an empty memory goes on:
//! nothing is lost, nothing is sold or moved twice.
//!
//! Fail points belong to the whole process, so this is one test in a binary of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "../sale/support.rs"]
#[expect(dead_code, reason = "made for the other binary")]
mod support;

use std::{collections::BTreeSet, sync::Arc};

use proto::seckill::{
    Activity, CancelActivityRequest, CreateActivityRequest, Outcome, ReserveItem, Status,
    UpdateActivityRequest,
};
use seckill::App;

use crate::support::{ALL, BY_HAND, PARTS, SOON, Shop, admin, by};

async fn shop() -> Shop {
    Shop::open_as(&BY_HAND, &ALL, |_| {}).await
}

/// The next one to come by stops there.
fn lay(point: &str) {
    fail::cfg(point, "1*return").unwrap();
}

async fn next(shop: &Shop) -> Arc<App> {
    let app = shop.beside(|_| {}).await;
    app.refresh().await.unwrap();
    app.poll_epochs().await.unwrap();
    app
}

async fn ask(app: &Arc<App>, activity_id: i64, user_id: i64) -> (Outcome, i64) {
    let item = ReserveItem {
        activity_id,
        user_id,
        quantity: 1,
        ..ReserveItem::default()
    };
    let told = app.reserve(vec![item]).await.remove(0);
    let order_id = told
        .accepted
        .as_ref()
        .map_or(0, |accepted| accepted.order_id);
    (told.outcome(), order_id)
}

/// All buyers are served by `app`, and every unit is sold once.
async fn sells_out(shop: &Shop, app: &Arc<App>, sale: i64, units: usize) {
    for user in 100.. {
        match ask(app, sale, user).await.0 {
            Outcome::Won => {}
            Outcome::SoldOut => break,
            other => panic!("{other:?}"),
        }
    }
    shop.landed(sale, units).await;
    let live = shop.live(sale).await;
    assert!(live.keys().copied().eq(1..=units as i64));
    let buyers: BTreeSet<i64> = live.values().map(|unit| unit.user_id).collect();
    assert_eq!(buyers.len(), units);
}

async fn healed(app: &Arc<App>, shop: &Shop, sale: i64, above: i64) {
    testkit::eventually(SOON, async || {
        app.detect().await.unwrap();
        let activity = shop.get(sale).await;
        activity.open && activity.epoch > above
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_loses_nothing_and_repeats_nothing() {
    for point in [
        "reserve.before_script",
        "reserve.after_script",
        "reserve.after_publish",
        "reserve.after_confirm",
    ] {
        a_reservation_stops_at(point).await;
    }
    the_relay_stops_before_it_forgets().await;
    for point in [
        "rebuild.after_pause",
        "rebuild.after_fence",
        "rebuild.after_stage",
    ] {
        a_rebuild_stops_at(point).await;
    }
    for point in ["intent.after_record", "intent.after_stock"] {
        a_publication_stops_at(point).await;
        an_edit_stops_at(point).await;
    }
    a_cancellation_stops().await;
}

async fn a_reservation_stops_at(point: &str) {
    let shop = shop().await;
    let sale = shop.sale(3, 1).await;
    lay(point);
    let (told, _) = ask(&shop.app, sale, 7).await;
    assert!(
        matches!(told, Outcome::Busy | Outcome::Unconfirmed),
        "{point}: {told:?}"
    );
    let app = next(&shop).await;
    let (told, order_id) = ask(&app, sale, 7).await;
    let wanted = if point == "reserve.before_script" {
        Outcome::Won
    } else {
        Outcome::Repeated
    };
    assert_eq!(told, wanted, "{point}");
    assert_eq!(
        ask(&app, sale, 7).await,
        (Outcome::Repeated, order_id),
        "{point}"
    );
    sells_out(&shop, &app, sale, 3).await;
    let orders = shop.live(sale).await;
    assert!(
        orders.values().any(|unit| unit.order_id == order_id),
        "{point}"
    );
}

async fn the_relay_stops_before_it_forgets() {
    let shop = shop().await;
    let sale = shop.sale(2, 1).await;
    lay("reserve.after_script");
    ask(&shop.app, sale, 7).await;
    shop.clock.advance_ms(2_000);
    lay("relay.after_publish");
    shop.app.relay().await.unwrap();
    shop.landed(sale, 1).await;
    let app = next(&shop).await;
    app.relay().await.unwrap();
    assert!(shop.dump(sale).await[3].is_none(), "the list is empty");
    assert_eq!(ask(&app, sale, 7).await.0, Outcome::Repeated);
    sells_out(&shop, &app, sale, 2).await;
}

async fn a_rebuild_stops_at(point: &str) {
    let shop = shop().await;
    let sale = shop.sale(3, 1).await;
    let (_, order_id) = ask(&shop.app, sale, 7).await;
    shop.landed(sale, 1).await;
    shop.lose(
        sale,
        if point == "rebuild.after_pause" {
            &["buyers"]
        } else {
            &PARTS
        },
    )
    .await;
    lay(point);
    shop.app.detect().await.unwrap();
    // No one waits for a rebuild: it has had its time.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let app = next(&shop).await;
    assert_eq!(ask(&app, sale, 8).await.0, Outcome::Paused, "{point}");
    shop.clock.advance_ms(10_000);
    healed(&app, &shop, sale, 1).await;
    assert_eq!(
        ask(&app, sale, 7).await,
        (Outcome::Repeated, order_id),
        "{point}"
    );
    sells_out(&shop, &app, sale, 3).await;
}

async fn a_publication_stops_at(point: &str) {
    let shop = shop().await;
    let product_id = shop.product().await;
    let draft = CreateActivityRequest {
        product_id,
        units: 40,
        ..shop.draft()
    };
    lay(point);
    let recorded = shop.create(draft).await.unwrap();
    assert!(!recorded.open, "{point}: recorded, and not yet on sale");
    let sale = finished(&shop, |activity| activity.open).await;
    assert_eq!(shop.stock(product_id).await, 60, "{point}");
    let app = next(&shop).await;
    assert_eq!(ask(&app, sale, 7).await.0, Outcome::Won, "{point}");
}

async fn an_edit_stops_at(point: &str) {
    let shop = shop().await;
    let id = shop.sale(3, 1).await;
    let product_id = shop.get(id).await.product_id;
    let raise = UpdateActivityRequest {
        id,
        units: Some(5),
        ..UpdateActivityRequest::default()
    };
    lay(point);
    let updated = shop
        .seckill
        .clone()
        .update_activity(by(&admin(), raise))
        .await;
    updated.unwrap_err();
    finished(&shop, |activity| activity.open && activity.units == 5).await;
    assert_eq!(shop.stock(product_id).await, 95, "{point}");
    let app = next(&shop).await;
    sells_out(&shop, &app, id, 5).await;
}

async fn a_cancellation_stops() {
    let shop = shop().await;
    let sale = shop.sale(3, 1).await;
    let product_id = shop.get(sale).await.product_id;
    lay("intent.after_record");
    let cancel = by(&admin(), CancelActivityRequest { id: sale });
    shop.seckill
        .clone()
        .cancel_activity(cancel)
        .await
        .unwrap_err();
    assert_eq!(
        ask(&shop.app, sale, 7).await.0,
        Outcome::Won,
        "it is not over yet"
    );
    shop.landed(sale, 1).await;
    finished(&shop, |activity| activity.status() == Status::Cancelled).await;
    testkit::eventually(SOON, async || shop.stock(product_id).await == 99).await;
}

/// Another one finishes what the first had recorded, once its time is over.
async fn finished(shop: &Shop, done: impl Fn(&Activity) -> bool) -> i64 {
    let app = next(shop).await;
    let id: i64 = sqlx::query_scalar("SELECT id FROM activities")
        .fetch_one(&shop.db)
        .await
        .unwrap();
    shop.clock.advance_ms(60_001);
    testkit::eventually(SOON, async || {
        app.finish_intents().await.unwrap();
        app.detect().await.unwrap();
        shop.app.refresh().await.unwrap();
        done(&shop.get(id).await)
    })
    .await;
    id
}
