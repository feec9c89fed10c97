//! Making ordinary orders: all lines or none, once per key, never more than there is.

use std::sync::Arc;

use fault::Reason;
use proto::{
    order::{AddToCartRequest, CreateOrderRequest, GetCartRequest, ListOrdersRequest, State},
    product::UpdateRequest,
};
use tokio::sync::Semaphore;

use crate::support::{PRICE_FEN, Shop, admin, buyer, by, keyed, lines, reason};

#[tokio::test]
async fn an_order_is_charged_what_its_units_cost_when_they_were_taken() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 10).await;
    let chair = shop.product("chair", 50_000, 3).await;
    let order = shop
        .order(1, lines(&[(chair, 1), (lamp, 2)]))
        .await
        .unwrap();
    assert_eq!(order.state(), State::Pending);
    assert_eq!(order.total_fen, 2 * PRICE_FEN + 50_000);
    assert_eq!((order.quantity, order.activity_id), (3, 0));
    let dearer = UpdateRequest {
        id: lamp,
        price_fen: Some(1),
        name: Some("other".into()),
        ..UpdateRequest::default()
    };
    shop.product
        .clone()
        .update(by(&admin(), dearer))
        .await
        .unwrap();
    assert_eq!(shop.get(1, &order.order_no).await, order);
    assert_eq!(shop.level(lamp).await, (8, 2));
    let request = ListOrdersRequest::default();
    let listed = shop
        .orders
        .clone()
        .list_orders(by(&buyer(1), request))
        .await;
    assert_eq!(
        listed.unwrap().into_inner().orders,
        std::slice::from_ref(&order)
    );

    let request = proto::order::GetOrderRequest {
        order_no: order.order_no,
    };
    let stranger = shop.orders.clone().get_order(by(&buyer(2), request)).await;
    // Without seckill nobody can say that it is not one of a sale that has not landed.
    assert_eq!(reason(stranger.unwrap_err()), Reason::Unavailable);
}

#[tokio::test]
async fn what_cannot_be_ordered_holds_nothing_and_says_which() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 10).await;
    let chair = shop.product("chair", 50_000, 1).await;
    for (wrong, told) in [
        (lines(&[(lamp, 1), (chair, 2)]), Reason::StockInsufficient),
        (lines(&[(lamp, 1), (chair + 1, 1)]), Reason::ProductNotFound),
        (lines(&[(lamp, 0)]), Reason::OrderParameter),
        (lines(&[(lamp, -1)]), Reason::OrderParameter),
        (lines(&[(0, 1)]), Reason::ProductNotFound),
        (lines(&[]), Reason::CartEmpty),
    ] {
        let key = keyed(wrong, "same");
        assert_eq!(shop.order(1, key).await.unwrap_err(), told);
    }
    // The key of an order that never came to be is free.
    let key = keyed(lines(&[(lamp, 1)]), "same");
    shop.order(1, key).await.unwrap();
    assert_eq!(shop.level(lamp).await, (9, 1));
    assert_eq!(shop.level(chair).await, (1, 0));
}

#[tokio::test]
async fn one_key_is_one_order_also_at_once() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 100).await;
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let mut retail = shop.retail.clone();
            let request = keyed(lines(&[(lamp, 2)]), "k");
            tokio::spawn(async move { retail.create_order(by(&buyer(1), request)).await })
        })
        .collect();
    let mut made = Vec::new();
    for call in calls {
        made.push(call.await.unwrap().unwrap().into_inner().order_no);
    }
    made.dedup();
    assert_eq!(made.len(), 1);
    assert_eq!(shop.level(lamp).await, (98, 2));
    let other = keyed(lines(&[(lamp, 3)]), "k");
    assert_eq!(
        shop.order(1, other).await.unwrap_err(),
        Reason::IdempotencyKeyReused
    );
    shop.order(2, keyed(lines(&[(lamp, 3)]), "k"))
        .await
        .unwrap();
}

/// Five hundred carts on ten units: ten orders, and the other carts are as they were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_carts_on_ten_units() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 10).await;
    // As many at once as a gateway's lane lets through.
    let lane = Arc::new(Semaphore::new(32));
    let calls: Vec<_> = (1..=500)
        .map(|user| {
            let (mut cart, mut retail) = (shop.cart.clone(), shop.retail.clone());
            let lane = lane.clone();
            tokio::spawn(async move {
                let _place = lane.acquire().await.unwrap();
                let add = AddToCartRequest {
                    product_id: lamp,
                    quantity: 1,
                    token: String::new(),
                };
                let buyer = buyer(user);
                if cart.add_to_cart(by(&buyer, add)).await.is_err() {
                    return Err(Reason::CartStock);
                }
                let checkout = CreateOrderRequest::default();
                let made = retail.create_order(by(&buyer, checkout)).await;
                made.map(|_| ()).map_err(reason)
            })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(()) => made += 1,
            Err(Reason::CartStock | Reason::StockInsufficient) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 10);
    assert_eq!(shop.level(lamp).await, (0, 10));
    assert_eq!(shop.phases().await.0, 10);
    assert_eq!(shop.phases().await.2, 0);
}

/// One cart, checked out many times at once: one order, and nothing else stays held.
#[tokio::test]
async fn one_cart_checked_out_at_once_is_one_order() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 100).await;
    let chair = shop.product("chair", 50_000, 100).await;
    for product_id in [lamp, chair] {
        let add = AddToCartRequest {
            product_id,
            quantity: 3,
            token: String::new(),
        };
        shop.cart
            .clone()
            .add_to_cart(by(&buyer(1), add))
            .await
            .unwrap();
    }
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let mut retail = shop.retail.clone();
            let checkout = CreateOrderRequest::default();
            tokio::spawn(async move { retail.create_order(by(&buyer(1), checkout)).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        match call.await.unwrap().map_err(reason) {
            Ok(_) => made += 1,
            Err(Reason::CartEmpty | Reason::Conflict) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 1);
    shop.level_becomes(lamp, (97, 3)).await;
    shop.level_becomes(chair, (97, 3)).await;
    let request = GetCartRequest::default();
    let cart = shop.cart.clone().get_cart(by(&buyer(1), request)).await;
    assert!(cart.unwrap().into_inner().lines.is_empty());
}

#[tokio::test]
async fn unpaid_orders_of_one_user_are_bounded() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 100).await;
    for _ in 0..20 {
        shop.order(1, lines(&[(lamp, 1)])).await.unwrap();
    }
    let more = shop.order(1, lines(&[(lamp, 1)])).await;
    assert_eq!(more.unwrap_err(), Reason::OrderCreateFailed);
    shop.order(2, lines(&[(lamp, 1)])).await.unwrap();
}
