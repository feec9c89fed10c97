use fault::Reason;
use proto::seckill::{
    Activity, CancelActivityRequest, CreateActivityRequest, InitSaleRequest, Outcome,
    Status as Word, UpdateActivityRequest,
};
use tonic::Status;

use crate::support::{SOON, Shop, admin, by, reason};

type Spoil = fn(&mut CreateActivityRequest);

async fn update(shop: &Shop, patch: UpdateActivityRequest) -> Result<Activity, Status> {
    Ok(shop
        .seckill
        .clone()
        .update_activity(by(&admin(), patch))
        .await?
        .into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_takes_its_units_from_the_product_and_gives_the_rest_back_once() {
    let shop = Shop::open().await;
    let product_id = shop.product().await;
    let draft = CreateActivityRequest {
        product_id,
        units: 40,
        ..shop.draft()
    };
    let sale = shop.create(draft).await.unwrap().id;
    testkit::eventually(SOON, async || shop.stock(product_id).await == 60).await;
    shop.warm(sale).await;
    assert_eq!(shop.buy(sale, 7).await.0, Outcome::Won);
    shop.landed(sale, 1).await;
    for _ in 0..2 {
        let request = CancelActivityRequest { id: sale };
        let cancelled = shop
            .seckill
            .clone()
            .cancel_activity(by(&admin(), request))
            .await;
        assert_eq!(cancelled.unwrap().into_inner().status(), Word::Cancelled);
    }
    assert_eq!(shop.buy(sale, 8).await.0, Outcome::Cancelled);
    // Unsold units come back, and so do unpaid ones: their order closes.
    testkit::eventually(SOON, async || shop.stock(product_id).await == 100).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(shop.stock(product_id).await, 100, "and no more than that");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sold_is_no_activity() {
    let shop = Shop::open().await;
    let product_id = shop.product().await;
    let good = CreateActivityRequest {
        product_id,
        units: 5,
        ..shop.draft()
    };
    let bad: [(Spoil, Reason); 8] = [
        (
            |draft| draft.end_ms = draft.start_ms,
            Reason::SeckillParameter,
        ),
        (
            |draft| draft.end_ms = draft.start_ms - 1,
            Reason::SeckillParameter,
        ),
        (|draft| draft.units = -1, Reason::SeckillParameter),
        (|draft| draft.price_fen = -1, Reason::SeckillParameter),
        (|draft| draft.price_fen = i64::MAX, Reason::SeckillParameter),
        (|draft| draft.limit_per_user = 21, Reason::SeckillParameter),
        (|draft| draft.units = 101, Reason::StockInsufficient),
        (|draft| draft.product_id = 999, Reason::ProductNotFound),
    ];
    for (spoil, wanted) in bad {
        let mut draft = good.clone();
        spoil(&mut draft);
        assert_eq!(
            reason(shop.create(draft.clone()).await),
            wanted,
            "{draft:?}"
        );
    }
    assert_eq!(shop.stock(product_id).await, 100, "refusals take nothing");
    shop.create(good.clone()).await.unwrap();
    assert_eq!(reason(shop.create(good).await), Reason::ActivityOverlaps);
}

#[tokio::test(flavor = "multi_thread")]
async fn units_may_grow_and_never_fall_below_what_is_sold() {
    let shop = Shop::open().await;
    let sale = shop.sale(3, 1).await;
    for user in 1..=3 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
    }
    shop.landed(sale, 3).await;
    let units = |units| UpdateActivityRequest {
        id: sale,
        units: Some(units),
        ..Default::default()
    };
    assert_eq!(
        reason(update(&shop, units(2)).await),
        Reason::UnitsBelowSold
    );
    update(&shop, units(5)).await.unwrap();
    for user in 4..=5 {
        assert_eq!(shop.buy(sale, user).await.0, Outcome::Won);
    }
    assert_eq!(shop.buy(sale, 6).await.0, Outcome::SoldOut);
    shop.landed(sale, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_init_route_opens_one_sale_per_product() {
    let shop = Shop::open().await;
    let product_id = shop.product().await;
    let init = async |units| {
        let request = by(&admin(), InitSaleRequest { product_id, units });
        shop.seckill
            .clone()
            .init_sale(request)
            .await
            .unwrap()
            .into_inner()
    };
    let first = init(30).await;
    let again = init(50).await;
    assert_eq!((first.id, first.units), (again.id, again.units));
    testkit::eventually(SOON, async || shop.stock(product_id).await == 70).await;
}
