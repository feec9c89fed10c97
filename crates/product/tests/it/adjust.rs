use fault::Reason;
use proto::product::{
    AdjustRequest, Level, ListLowRequest, ListMovementsRequest, ListPriceChangesRequest,
    SetLowStockRequest, UpdateRequest,
};
use tonic::Status;

use crate::support::{Shop, as_admin, as_user, reason};

async fn adjust(shop: &Shop, product_id: i64, delta: i64, key: &str) -> Result<Level, Status> {
    let request = AdjustRequest {
        product_id,
        delta,
        reason: "盘点".to_owned(),
        key: key.to_owned(),
    };
    let mut inventory = shop.inventory.clone();
    Ok(inventory.adjust(as_admin(request)).await?.into_inner())
}

#[tokio::test]
async fn a_key_adjusts_once() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    for _ in 0..2 {
        assert_eq!(adjust(&shop, lamp, 5, "k").await.unwrap().stock, 15);
    }
    let other = adjust(&shop, lamp, 6, "k").await.unwrap_err();
    assert_eq!(reason(other), Reason::ProductParameter);
    for left in [12, 9] {
        assert_eq!(adjust(&shop, lamp, -3, "").await.unwrap().stock, left);
    }
    let below = adjust(&shop, lamp, -10, "").await.unwrap_err();
    assert_eq!(reason(below), Reason::StockInsufficient);
    for (delta, key) in [(0, ""), (i64::MIN, ""), (1, "a b")] {
        let refused = adjust(&shop, lamp, delta, key).await.unwrap_err();
        assert_eq!(reason(refused), Reason::ProductParameter);
    }
    let unknown = adjust(&shop, lamp + 1, 1, "").await.unwrap_err();
    assert_eq!(reason(unknown), Reason::ProductNotFound);
    let request = AdjustRequest {
        product_id: lamp,
        delta: 1,
        ..AdjustRequest::default()
    };
    let refused = shop.inventory.clone().adjust(as_user(request)).await;
    assert_eq!(reason(refused.unwrap_err()), Reason::NotAdmin);
}

#[tokio::test]
async fn every_change_is_written_down() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 10).await.id;
    shop.reserve(9, &[(lamp, 4)]).await.unwrap();
    adjust(&shop, lamp, 5, "k").await.unwrap();
    let edit = UpdateRequest {
        id: lamp,
        stock: Some(20),
        price_fen: Some(150),
        ..UpdateRequest::default()
    };
    for _ in 0..2 {
        let edit = as_admin(edit.clone());
        shop.client.clone().update(edit).await.unwrap();
    }
    let request = ListMovementsRequest {
        product_id: lamp,
        before_id: 0,
        limit: 100,
    };
    let mut inventory = shop.inventory.clone();
    let found = inventory.list_movements(as_admin(request)).await.unwrap();
    let told: Vec<_> = found
        .get_ref()
        .movements
        .iter()
        .map(|m| {
            (
                m.kind.as_str(),
                m.stock_delta,
                m.stock,
                m.reserved,
                m.user_id,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("set", 9, 20, 4, 7),
            ("adjust", 5, 11, 4, 7),
            ("reserve", -4, 6, 4, 0)
        ]
    );
    let request = ListPriceChangesRequest {
        product_id: lamp,
        before_id: 0,
        limit: 10,
    };
    let found = inventory.list_price_changes(as_admin(request)).await;
    let changes = found.unwrap().into_inner().changes;
    let told: Vec<_> = changes
        .iter()
        .map(|c| (c.old_fen, c.new_fen, c.user_id))
        .collect();
    assert_eq!(told, [(100, 150, 7)]);
}

#[tokio::test]
async fn what_runs_low_is_listed() {
    let shop = Shop::open().await;
    let lamp = shop.add("lamp", 100, 3).await.id;
    let chair = shop.add("chair", 100, 1).await.id;
    shop.add("table", 100, 0).await;
    for (product_id, low_stock) in [(lamp, 3), (chair, 5)] {
        let request = SetLowStockRequest {
            product_id,
            low_stock,
        };
        let mut inventory = shop.inventory.clone();
        inventory.set_low_stock(as_admin(request)).await.unwrap();
    }
    let low = async || {
        let request = ListLowRequest {
            page: 1,
            page_size: 10,
        };
        let found = shop.inventory.clone().list_low(as_admin(request)).await;
        let found = found.unwrap().into_inner();
        let ids: Vec<_> = found.levels.iter().map(|level| level.product_id).collect();
        (ids, found.total)
    };
    assert_eq!(low().await, (vec![chair, lamp], 2));
    adjust(&shop, lamp, 1, "").await.unwrap();
    assert_eq!(low().await, (vec![chair], 1));
}
