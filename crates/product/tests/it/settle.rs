use std::{collections::BTreeMap, time::Duration};

use product::domain::{Purpose, Stage};
use proto::product::{ReservationSettled, reservation_settled, reserve_response::Refusal};

use crate::support::Shop;

const PURPOSES: [Purpose; 3] = [Purpose::Release, Purpose::Consume, Purpose::Return];

#[tokio::test]
async fn units_that_are_given_up_may_be_sold_again_once() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    shop.reserve(1, &[(lamp, 4)]).await.unwrap();
    for _ in 0..2 {
        shop.settle(1, Purpose::Release).await.unwrap();
        assert_eq!(shop.level(lamp).await, (10, 0));
    }
    assert!(shop.settle(1, Purpose::Consume).await.is_err());
    let late = shop.reserve(1, &[(lamp, 4)]).await.unwrap();
    assert_eq!(late.refusal(), Refusal::Over);
    assert_eq!(shop.level(lamp).await, (10, 0));
}

#[tokio::test]
async fn a_call_that_arrives_after_its_order_was_given_up_takes_nothing() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    shop.settle(1, Purpose::Release).await.unwrap();
    let late = shop.reserve(1, &[(lamp, 4)]).await.unwrap();
    assert_eq!(late.refusal(), Refusal::Over);
    assert_eq!(shop.level(lamp).await, (10, 0));
}

/// Whoever is first, the call or the mark: nothing stays held.
#[tokio::test]
async fn giving_up_races_the_call() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 1_000).await.id;
    for order in 1..=30 {
        let lines = [(lamp, 3)];
        let (_, released) = tokio::join!(
            shop.reserve(order, &lines),
            shop.settle(order, Purpose::Release)
        );
        released.unwrap();
    }
    assert_eq!(shop.level(lamp).await, (1_000, 0));
}

#[tokio::test]
async fn what_was_paid_leaves_the_house_and_may_come_back() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    shop.reserve(1, &[(lamp, 4)]).await.unwrap();
    shop.settle(1, Purpose::Consume).await.unwrap();
    assert_eq!(shop.level(lamp).await, (6, 0));
    for _ in 0..2 {
        shop.settle(1, Purpose::Return).await.unwrap();
        assert_eq!(shop.level(lamp).await, (10, 0));
    }
    // The payment's own message comes late.
    shop.settle(1, Purpose::Consume).await.unwrap();
    assert_eq!(shop.level(lamp).await, (10, 0));
}

#[tokio::test]
async fn the_message_does_it_however_often_it_comes() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    shop.reserve(1, &[(lamp, 4)]).await.unwrap();
    let broker = mq::connect(&shop.mq, shop.ctx.tracker(), shop.ctx.stop()).await;
    let message = ReservationSettled {
        order_id: 1,
        purpose: reservation_settled::Purpose::Release.into(),
    };
    let thrice = (0..3).map(|_| mq::Outgoing::of(&message)).collect();
    broker.publisher().publish(thrice).await.unwrap();
    testkit::eventually(Duration::from_secs(10), || async {
        shop.level(lamp).await == (10, 0)
    })
    .await;
}

/// Three hundred seeded steps against a model of a few lines: what may be sold, what is held and what left add up to
/// what there was, after every step, and every answer is the model's.
#[tokio::test]
async fn the_books_of_a_product_are_the_models() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 60).await.id;
    let mut orders = BTreeMap::<i64, (Stage, i64)>::new();
    let (mut stock, mut held) = (60_i64, 0_i64);
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    for step in 0..300 {
        let order = 1 + i64::try_from(draw(40)).unwrap();
        if draw(2) == 0 {
            let units = 1 + order % 5;
            let answer = shop.reserve(order, &[(lamp, units)]).await.unwrap();
            let stage = *orders.entry(order).or_insert_with(|| {
                if stock < units {
                    return (Stage::Refused, units);
                }
                stock -= units;
                held += units;
                (Stage::Held, units)
            });
            let told = match stage.0 {
                Stage::Held | Stage::Consumed => Refusal::Unspecified,
                Stage::Refused => Refusal::Short,
                Stage::Released | Stage::Returned => Refusal::Over,
            };
            assert_eq!(answer.refusal(), told, "step {step}");
        } else {
            let purpose = PURPOSES[usize::try_from(draw(3)).unwrap()];
            let told = shop.settle(order, purpose).await.is_ok();
            let (stage, units) = orders.get(&order).copied().unwrap_or((Stage::Refused, 0));
            let model = stage.settle(purpose);
            assert_eq!(told, model.is_ok(), "step {step}");
            if let Ok(Some(taken)) = model {
                held -= if taken.was_held { units } else { 0 };
                stock += if taken.to_stock { units } else { 0 };
                orders.insert(order, (taken.next, units));
            } else if model.is_ok() && !orders.contains_key(&order) {
                orders.insert(order, (Stage::Released, 0));
            }
        }
        assert_eq!(shop.level(lamp).await, (stock, held), "step {step}");
    }
    let sums: (i64, i64) =
        sqlx::query_as("SELECT CAST(SUM(stock_delta) AS SIGNED), COUNT(*) FROM stock_movements")
            .fetch_one(&shop.pool)
            .await
            .unwrap();
    assert_eq!(60 + sums.0, stock, "the movements explain the stock");
    assert!(sums.1 > 50, "the steps moved something");
}
