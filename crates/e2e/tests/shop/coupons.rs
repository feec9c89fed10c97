//! What a coupon takes off an order, and when it comes back.

use clock::Clock;
use fault::Reason;
use proto::order::{
    ApplicableCouponsRequest, CancelOrderRequest, ClaimCouponRequest, CouponKind, CouponScope,
    CouponTemplate, CreateOrderRequest, ListUserCouponsRequest, OrderView,
    applicable_coupons_request::Line, user_coupon,
};

use crate::support::{Shop, admin, buyer, by, lines};

impl Shop {
    /// 10 yuan off from 100 yuan on, of lamps.
    async fn template(&self) -> i64 {
        let now_ms = self.clock.now_ms();
        let template = CouponTemplate {
            name: "满100减10".into(),
            kind: CouponKind::FullReduction.into(),
            amount_fen: 1_000,
            threshold_fen: 10_000,
            scope: CouponScope::Categories.into(),
            categories: vec!["lamp".into(), "bulb".into()],
            total: 10,
            per_user_limit: 2,
            start_ms: now_ms,
            end_ms: now_ms + 10 * 24 * 3_600 * 1_000,
            ..CouponTemplate::default()
        };
        let request = by(&admin(), template);
        let made = self.coupons.clone().create_coupon(request).await;
        made.unwrap().into_inner().id
    }

    async fn claimed(&self, user: i64, coupon_id: i64) -> i64 {
        let request = ClaimCouponRequest {
            coupon_id,
            idempotency_key: String::new(),
        };
        let request = by(&buyer(user), request);
        let owned = self.coupons.clone().claim_coupon(request).await;
        owned.unwrap().into_inner().id
    }

    async fn unused(&self, user: i64) -> Vec<i64> {
        let request = ListUserCouponsRequest {
            state: user_coupon::State::Unused.into(),
            ..ListUserCouponsRequest::default()
        };
        let request = by(&buyer(user), request);
        let owned = self.coupons.clone().list_user_coupons(request).await;
        let owned = owned.unwrap().into_inner().coupons;
        owned.iter().map(|coupon| coupon.id).collect()
    }

    async fn cancel(&self, order: &OrderView) {
        let request = CancelOrderRequest {
            order_no: order.order_no.clone(),
        };
        let request = by(&buyer(order.user_id), request);
        self.orders.clone().cancel_order(request).await.unwrap();
    }
}

fn with(request: CreateOrderRequest, user_coupon_id: i64) -> CreateOrderRequest {
    CreateOrderRequest {
        user_coupon_id,
        ..request
    }
}

#[tokio::test]
async fn a_coupon_is_split_over_its_lines_to_the_fen_and_comes_back() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", 3_333, 100).await;
    let bulb = shop.product("bulb", 6_667, 100).await;
    let chair = shop.product("chair", 50_000, 100).await;
    let coupon = shop.template().await;
    let mine = shop.claimed(1, coupon).await;
    let three = lines(&[(lamp, 1), (bulb, 1), (chair, 1)]);

    let request = ApplicableCouponsRequest {
        lines: [(lamp, 1), (bulb, 1)]
            .iter()
            .map(|&(product_id, quantity)| Line {
                product_id,
                quantity,
            })
            .collect(),
    };
    let offers = shop
        .coupons
        .clone()
        .applicable_coupons(by(&buyer(1), request))
        .await
        .unwrap()
        .into_inner()
        .offers;
    assert_eq!(offers[0].discount_fen, 1_000);

    let order = shop.order(1, with(three.clone(), mine)).await.unwrap();
    let parts: Vec<_> = order
        .lines
        .iter()
        .map(|line| (line.product_id, line.discount_fen))
        .collect();
    assert_eq!(parts, [(lamp, 333), (bulb, 667), (chair, 0)]);
    assert_eq!(order.goods_fen, 60_000);
    assert_eq!((order.discount_fen, order.total_fen), (1_000, 59_000));
    assert_eq!(shop.allow(&order).await.unwrap().total_fen, 59_000);
    assert!(shop.unused(1).await.is_empty());
    let again = shop.order(1, with(three.clone(), mine)).await;
    assert_eq!(again.unwrap_err(), Reason::CouponUsed);

    // A payment may exist: the coupon waits for payment's word.
    shop.cancel(&order).await;
    assert!(shop.unused(1).await.is_empty());
    shop.closed(&order).await;
    shop.state_becomes(&order, proto::order::State::Closed)
        .await;
    assert_eq!(shop.unused(1).await, [mine]);
    shop.level_becomes(lamp, (100, 0)).await;
    let order = shop.order(1, with(three, mine)).await.unwrap();
    assert_eq!(order.total_fen, 59_000);
}

#[tokio::test]
async fn a_coupon_that_does_not_apply_leaves_no_order_behind() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", 3_333, 100).await;
    let chair = shop.product("chair", 50_000, 100).await;
    let coupon = shop.template().await;
    let mine = shop.claimed(1, coupon).await;
    for request in [lines(&[(lamp, 3)]), lines(&[(chair, 1)])] {
        let refused = shop.order(1, with(request, mine)).await;
        assert_eq!(refused.unwrap_err(), Reason::CouponNotMet);
    }
    let theirs = shop.order(2, with(lines(&[(lamp, 4)]), mine)).await;
    assert_eq!(theirs.unwrap_err(), Reason::CouponNotFound);
    shop.level_becomes(lamp, (100, 0)).await;
    shop.level_becomes(chair, (100, 0)).await;
    assert_eq!(shop.unused(1).await, [mine]);
    assert_eq!(shop.phases().await, (0, 2, 0));
    shop.clock.advance_ms(10 * 24 * 3_600 * 1_000);
    let late = shop.order(1, with(lines(&[(lamp, 4)]), mine)).await;
    assert_eq!(late.unwrap_err(), Reason::CouponNotValid);
}

/// One coupon in many orders at once: one of them has it, and nothing of the others stays held.
#[tokio::test]
async fn one_coupon_is_used_once() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", 3_333, 1_000).await;
    let coupon = shop.template().await;
    let mine = shop.claimed(1, coupon).await;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let mut retail = shop.retail.clone();
            let request = with(lines(&[(lamp, 4)]), mine);
            tokio::spawn(async move { retail.create_order(by(&buyer(1), request)).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        made += i32::from(call.await.unwrap().is_ok());
    }
    assert_eq!(made, 1);
    shop.level_becomes(lamp, (996, 4)).await;
}
