//! What administrators and buyers may ask of activities.

use clock::Clock;
use fault::Reason;
use proto::seckill::{
    Activity, CancelActivityRequest, CreateActivityRequest, GetActivityRequest,
    ListActivitiesRequest, ReconcileRequest, Status, UpdateActivityRequest, WarmUpRequest,
};

use crate::support::{Shop, admin, buyer, by, reason};

async fn page(shop: &Shop, page: u32, size: u32, status: Status) -> (Vec<i64>, i64) {
    let request = ListActivitiesRequest {
        page,
        page_size: size,
        status: status.into(),
        product_id: 0,
    };
    let listed = shop.seckill.clone().list_activities(request).await.unwrap();
    let listed = listed.into_inner();
    for activity in &listed.activities {
        assert_eq!(activity.server_time_ms, shop.clock.now_ms());
    }
    (
        listed
            .activities
            .iter()
            .map(|activity| activity.id)
            .collect(),
        listed.total,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn activities_are_listed_by_status_with_the_servers_time() {
    let shop = Shop::open().await;
    let now_ms = shop.clock.now_ms();
    let active = shop.sale(3, 1).await;
    let pending = CreateActivityRequest {
        product_id: shop.product().await,
        start_ms: now_ms + 3_600_000,
        end_ms: 0,
        ..shop.draft()
    };
    let pending = shop.create(pending).await.unwrap().id;
    let cancelled = shop.sale(1, 1).await;
    let cancel = by(&admin(), CancelActivityRequest { id: cancelled });
    shop.seckill.clone().cancel_activity(cancel).await.unwrap();
    let all = vec![cancelled, pending, active];
    assert_eq!(
        page(&shop, 0, 0, Status::Unspecified).await,
        (vec![cancelled], 3)
    );
    assert_eq!(page(&shop, 1, 100, Status::Unspecified).await, (all, 3));
    assert_eq!(
        page(&shop, 2, 2, Status::Unspecified).await,
        (vec![active], 3)
    );
    assert_eq!(
        page(&shop, u32::MAX, u32::MAX, Status::Unspecified).await,
        (vec![], 3)
    );
    assert_eq!(
        page(&shop, 1, 10, Status::Pending).await,
        (vec![pending], 1)
    );
    assert_eq!(page(&shop, 1, 10, Status::Active).await, (vec![active], 1));
    assert_eq!(
        page(&shop, 1, 10, Status::Cancelled).await,
        (vec![cancelled], 1)
    );
    let found = shop.get(active).await;
    assert_eq!((found.server_time_ms, found.available), (now_ms, 3));
    assert_eq!((found.price_fen, found.original_price_fen), (990, 9_900));
    assert_eq!((&*found.name, &*found.product_name), ("lamp", "lamp"));
    for id in [0, -1, i64::MIN, i64::MAX] {
        let absent = shop
            .seckill
            .clone()
            .get_activity(GetActivityRequest { id })
            .await;
        assert_eq!(reason(absent), Reason::ActivityNotFound, "{id}");
    }
}

async fn update(shop: &Shop, patch: UpdateActivityRequest) -> Result<Activity, tonic::Status> {
    let asked = by(&admin(), patch);
    let updated = shop.seckill.clone().update_activity(asked).await?;
    Ok(updated.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_change_at_once_and_a_window_by_a_fence() {
    let shop = Shop::open().await;
    let id = shop.sale(3, 1).await;
    let renamed = UpdateActivityRequest {
        id,
        name: Some("秒杀".into()),
        ..UpdateActivityRequest::default()
    };
    let renamed = update(&shop, renamed).await.unwrap();
    assert_eq!((&*renamed.name, renamed.epoch), ("秒杀", 1));
    let longer = UpdateActivityRequest {
        id,
        end_ms: Some(renamed.end_ms + 1_000),
        ..UpdateActivityRequest::default()
    };
    let longer = update(&shop, longer).await.unwrap();
    assert_eq!((longer.end_ms - renamed.end_ms, longer.epoch), (1_000, 2));
    assert_eq!(&*longer.name, "秒杀");
}

type Spoil = fn(&mut UpdateActivityRequest);

#[tokio::test(flavor = "multi_thread")]
async fn promises_and_nonsense_change_nothing() {
    let shop = Shop::open().await;
    let id = shop.sale(3, 1).await;
    let wrong: [Spoil; 11] = [
        |patch| patch.price_fen = Some(1),
        |patch| patch.limit_per_user = Some(2),
        |patch| patch.payment_window_s = Some(1),
        |patch| patch.product_id = Some(99),
        |patch| patch.units = Some(0),
        |patch| patch.units = Some(-1),
        |patch| patch.units = Some(i64::MAX),
        |patch| patch.start_ms = Some(i64::MAX),
        |patch| patch.end_ms = Some(1),
        |patch| patch.name = Some(String::new()),
        |patch| patch.name = Some("长".repeat(256)),
    ];
    for spoil in wrong {
        let mut patch = UpdateActivityRequest {
            id,
            ..UpdateActivityRequest::default()
        };
        spoil(&mut patch);
        let refused = update(&shop, patch.clone()).await;
        assert_eq!(reason(refused), Reason::SeckillParameter, "{patch:?}");
    }
    let more = UpdateActivityRequest {
        id,
        units: Some(101),
        ..UpdateActivityRequest::default()
    };
    assert_eq!(reason(update(&shop, more).await), Reason::StockInsufficient);
    let found = shop.get(id).await;
    assert_eq!((found.units, &*found.name, found.epoch), (3, "lamp", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_touch_activities() {
    let shop = Shop::open().await;
    let id = shop.sale(1, 1).await;
    let seckill = || shop.seckill.clone();
    let user = buyer(7);
    let told = [
        reason(seckill().create_activity(by(&user, shop.draft())).await),
        reason(
            seckill()
                .cancel_activity(by(&user, CancelActivityRequest { id }))
                .await,
        ),
        reason(seckill().warm_up(by(&user, WarmUpRequest { id })).await),
        reason(
            seckill()
                .reconcile(by(&user, ReconcileRequest { id, repair: true }))
                .await,
        ),
        reason(
            seckill()
                .update_activity(by(&user, UpdateActivityRequest::default()))
                .await,
        ),
    ];
    assert_eq!(told, [Reason::NotAdmin; 5]);
    assert_eq!(
        reason(
            seckill()
                .cancel_activity(CancelActivityRequest { id })
                .await
        ),
        Reason::NotLoggedIn
    );
}
