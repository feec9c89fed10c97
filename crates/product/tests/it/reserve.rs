use fault::Reason;
use product::domain::Purpose;
use proto::product::{
    ReserveRequest, ReserveResponse, UpdateRequest, reserve_request::Line,
    reserve_response::Refusal,
};
use tonic::Status;

use crate::support::{Shop, as_admin, reason};

impl Shop {
    pub(crate) async fn reserve(
        &self,
        order_id: i64,
        lines: &[(i64, i64)],
    ) -> Result<ReserveResponse, Status> {
        let line = |&(product_id, units): &(i64, i64)| Line { product_id, units };
        let request = ReserveRequest {
            order_id,
            lines: lines.iter().map(line).collect(),
        };
        Ok(self.inventory.clone().reserve(request).await?.into_inner())
    }

    /// Stock and held units, as the row says.
    pub(crate) async fn level(&self, id: i64) -> (i64, i64) {
        sqlx::query_as("SELECT stock, reserved FROM products WHERE id = ?")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn settle(&self, order: i64, purpose: Purpose) -> Result<(), product::Error> {
        self.app.settle(order.try_into().unwrap(), purpose).await
    }
}

#[tokio::test]
async fn an_order_holds_all_its_lines_once() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    let chair = shop.add("chair", 700, 3).await.id;
    let first = shop.reserve(1, &[(chair, 2), (lamp, 4)]).await.unwrap();
    assert_eq!(first.refusal(), Refusal::Unspecified);
    let prices: Vec<_> = first
        .lines
        .iter()
        .map(|line| (line.product_id, line.units, line.price_fen))
        .collect();
    assert_eq!(prices, [(lamp, 4, 100), (chair, 2, 700)]);

    // A price that changes afterwards is not this order's.
    let dearer = UpdateRequest {
        id: lamp,
        price_fen: Some(999),
        ..UpdateRequest::default()
    };
    shop.client.clone().update(as_admin(dearer)).await.unwrap();
    let again = shop.reserve(1, &[(lamp, 4), (chair, 2)]).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(shop.level(lamp).await, (6, 4));
    assert_eq!(shop.level(chair).await, (1, 2));

    let other = shop.reserve(1, &[(lamp, 5), (chair, 2)]).await.unwrap_err();
    assert_eq!(reason(other), Reason::Conflict);
}

#[tokio::test]
async fn one_line_that_fails_takes_nothing_and_the_refusal_stands() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    let chair = shop.add("chair", 700, 1).await.id;
    let short = shop.reserve(1, &[(lamp, 4), (chair, 2)]).await.unwrap();
    assert_eq!(short.refusal(), Refusal::Short);
    assert_eq!(short.refused_product_id, chair);
    assert_eq!(shop.level(lamp).await, (10, 0));
    // Also when there is enough meanwhile: the order was told.
    sqlx::query("UPDATE products SET stock = 50")
        .execute(&shop.pool)
        .await
        .unwrap();
    let again = shop.reserve(1, &[(lamp, 4), (chair, 2)]).await.unwrap();
    assert_eq!(again, short);

    let missing = shop.reserve(2, &[(lamp, 1), (chair + 1, 1)]).await.unwrap();
    assert_eq!(missing.refusal(), Refusal::Missing);
    let hide = UpdateRequest {
        id: chair,
        on_shelf: Some(false),
        ..UpdateRequest::default()
    };
    shop.client.clone().update(as_admin(hide)).await.unwrap();
    let hidden = shop.reserve(3, &[(chair, 1)]).await.unwrap();
    assert_eq!(hidden.refusal(), Refusal::OffShelf);
    assert_eq!(shop.level(lamp).await, (50, 0));
}

#[tokio::test]
async fn lines_that_no_order_has_are_refused() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    for (lines, wrong) in [
        (vec![], Reason::ProductParameter),
        (vec![(lamp, 0)], Reason::ProductParameter),
        (vec![(lamp, -1)], Reason::ProductParameter),
        (vec![(lamp, 10_000)], Reason::ProductParameter),
        (vec![(lamp, 1), (lamp, 1)], Reason::ProductParameter),
        (vec![(0, 1)], Reason::ProductNotFound),
    ] {
        let refused = shop.reserve(1, &lines).await.unwrap_err();
        assert_eq!(reason(refused), wrong, "{lines:?}");
    }
    let refused = shop.reserve(0, &[(lamp, 1)]).await.unwrap_err();
    assert_eq!(reason(refused), Reason::ProductParameter);
}

/// Five hundred orders for ten units: ten get one, and nothing is counted twice.
#[tokio::test]
async fn a_stampede_holds_what_there_is() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    let calls: Vec<_> = (1..=500)
        .map(|order| {
            let app = shop.app.clone();
            let lines = product::domain::Lines::new(vec![product::domain::Line {
                product: lamp.try_into().unwrap(),
                units: 1,
            }])
            .unwrap();
            tokio::spawn(async move {
                let found = app.reserve(order.try_into().unwrap(), &lines).await;
                found.unwrap().refusal.is_none()
            })
        })
        .collect();
    let mut held = 0;
    for call in calls {
        held += i32::from(call.await.unwrap());
    }
    assert_eq!(held, 10);
    assert_eq!(shop.level(lamp).await, (0, 10));
}

/// Orders with the same products in opposite order, and each call twice at once.
#[tokio::test]
async fn orders_that_cross_do_not_wait_in_a_circle() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 1_000).await.id;
    let chair = shop.add("chair", 100, 1_000).await.id;
    let calls: Vec<_> = (0..80)
        .map(|n| {
            let mut inventory = shop.inventory.clone();
            let lines = if n % 2 == 0 {
                [(lamp, 1), (chair, 2)]
            } else {
                [(chair, 2), (lamp, 1)]
            };
            let request = ReserveRequest {
                order_id: 1 + n / 2,
                lines: lines
                    .iter()
                    .map(|&(product_id, units)| Line { product_id, units })
                    .collect(),
            };
            tokio::spawn(async move { inventory.reserve(request).await.unwrap().into_inner() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().lines.len(), 2);
    }
    assert_eq!(shop.level(lamp).await, (960, 40));
    assert_eq!(shop.level(chair).await, (920, 80));
}
