//! An ordinary order stops between any two steps of its making: neither stock nor coupon nor cart nor money is left
//! behind, and the same buyer can order again.
//!
//! Fail points belong to the whole process, so this is one test in a binary of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "../shop/support.rs"]
#[expect(dead_code, reason = "made for the other binary")]
mod support;

use fault::Reason;
use proto::order::{AddToCartRequest, CreateOrderRequest, GetCartRequest, State};

use crate::support::{PRICE_FEN, Shop, buyer, by, keyed};

async fn fill(shop: &Shop, product_id: i64) {
    let add = AddToCartRequest {
        product_id,
        quantity: 2,
        token: String::new(),
    };
    let request = by(&buyer(1), add);
    shop.cart.clone().add_to_cart(request).await.unwrap();
}

async fn in_cart(shop: &Shop) -> usize {
    let request = by(&buyer(1), GetCartRequest::default());
    let cart = shop.cart.clone().get_cart(request).await.unwrap();
    cart.into_inner().lines.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_any_two_steps_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 10).await;
    let checkout = |key| keyed(CreateOrderRequest::default(), key);
    fill(&shop, lamp).await;

    // Before anything was held, after it was held, and inside the transaction that places.
    let points = [
        "create_order.after_intent",
        "create_order.after_reserve",
        "create_order.in_place",
    ];
    for (i, point) in points.into_iter().enumerate() {
        fail::cfg(point, "1*return").unwrap();
        let died = shop.order(1, checkout("k")).await;
        assert_eq!(died.unwrap_err(), Reason::Unavailable, "{point}");
        fail::remove(point);
        assert_eq!(in_cart(&shop).await, 1, "{point}");
        let void = i64::try_from(i).unwrap();
        assert_eq!(shop.phases().await, (0, void, 1), "{point}");
        // Not yet: a slow call may still be on its way.
        assert_eq!(shop.app.sweep_retail().await.unwrap(), 0, "{point}");
        shop.clock.advance_ms(15_000);
        assert_eq!(shop.app.sweep_retail().await.unwrap(), 1, "{point}");
        assert_eq!(shop.phases().await, (0, void + 1, 0), "{point}");
        shop.level_becomes(lamp, (10, 0)).await;
    }

    // Placed, and the answer was lost: the same key gets the order, whose cart lines are gone.
    fail::cfg("create_order.after_place", "1*return").unwrap();
    let lost = shop.order(1, checkout("k")).await;
    assert_eq!(lost.unwrap_err(), Reason::Unavailable);
    fail::remove("create_order.after_place");
    let order = shop.order(1, checkout("k")).await.unwrap();
    assert_eq!(order.state(), State::Pending);
    assert_eq!(shop.phases().await, (1, 3, 0));
    assert_eq!(in_cart(&shop).await, 0);
    assert_eq!(shop.level(lamp).await, (8, 2));
    shop.pay(&order).await;
    shop.level_becomes(lamp, (8, 0)).await;
}
