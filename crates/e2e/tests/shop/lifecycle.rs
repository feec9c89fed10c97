//! From placed to completed, and every way in which an ordinary order ends.

use fault::Reason;
use proto::order::{
    CancelOrderRequest, ConfirmOrderRequest, ListAllOrdersRequest, OrderLogRequest, OrderView,
    RefundOrderRequest, ShipOrderRequest, State,
};

use crate::support::{PRICE_FEN, Shop, admin, buyer, by, lines, reason};

const WINDOW_MS: i64 = 1_800_000;

impl Shop {
    async fn log(&self, order: &OrderView) -> Vec<String> {
        let request = OrderLogRequest {
            order_no: order.order_no.clone(),
        };
        let request = by(&buyer(order.user_id), request);
        let log = self.retail.clone().order_log(request).await.unwrap();
        let entries = log.into_inner().entries;
        entries.into_iter().map(|entry| entry.step).collect()
    }

    async fn ship(&self, order: &OrderView) -> Result<OrderView, Reason> {
        let request = ShipOrderRequest {
            order_no: order.order_no.clone(),
            carrier: "顺丰".into(),
            tracking_no: "SF1".into(),
        };
        let sent = self.retail.clone().ship_order(by(&admin(), request)).await;
        sent.map(tonic::Response::into_inner).map_err(reason)
    }

    async fn refund(&self, order: &OrderView) {
        let request = RefundOrderRequest {
            order_no: order.order_no.clone(),
            reason: "坏了".into(),
        };
        let request = by(&admin(), request);
        self.orders.clone().refund_order(request).await.unwrap();
    }

    async fn lamp_order(&self) -> (i64, OrderView) {
        let lamp = self.product("lamp", PRICE_FEN, 10).await;
        let order = self.order(1, lines(&[(lamp, 2)])).await.unwrap();
        (lamp, order)
    }
}

#[tokio::test]
async fn an_order_is_paid_sent_and_completed() {
    let shop = Shop::open().await;
    let (lamp, order) = shop.lamp_order().await;
    assert_eq!(shop.ship(&order).await, Err(Reason::OrderState));
    shop.pay(&order).await;
    shop.level_becomes(lamp, (8, 0)).await;
    let sent = shop.ship(&order).await.unwrap();
    assert_eq!(sent.state(), State::Shipped);
    assert_eq!(sent.shipment.unwrap().tracking_no, "SF1");
    let confirm = ConfirmOrderRequest {
        order_no: order.order_no.clone(),
    };
    let request = by(&buyer(1), confirm);
    let done = shop.retail.clone().confirm_order(request).await.unwrap();
    assert_eq!(done.into_inner().state(), State::Completed);
    assert_eq!(
        shop.log(&order).await,
        ["placed", "paid", "shipped", "completed"]
    );
    for (state, found) in [(State::Completed, 1), (State::Paid, 0), (State::Shipped, 0)] {
        let request = ListAllOrdersRequest {
            state: state.into(),
            ..ListAllOrdersRequest::default()
        };
        let request = by(&admin(), request);
        let all = shop.retail.clone().list_all_orders(request).await;
        assert_eq!(all.unwrap().into_inner().total, found);
    }
    let request = by(&buyer(1), ListAllOrdersRequest::default());
    let refused = shop.retail.clone().list_all_orders(request).await;
    assert_eq!(reason(refused.unwrap_err()), Reason::NotAdmin);
}

#[tokio::test]
async fn an_order_that_nobody_pays_closes_and_gives_its_units_back() {
    let shop = Shop::open().await;
    let (lamp, order) = shop.lamp_order().await;
    shop.clock.advance_ms(WINDOW_MS - 1);
    assert_eq!(shop.app.sweep_retail().await.unwrap(), 0);
    shop.clock.advance_ms(1);
    assert_eq!(shop.app.sweep_retail().await.unwrap(), 1);
    let closed = shop.get(1, &order.order_no).await;
    assert_eq!(
        (closed.state(), closed.reason.as_str()),
        (State::Closed, "lapsed")
    );
    shop.level_becomes(lamp, (10, 0)).await;
    assert_eq!(shop.app.sweep_retail().await.unwrap(), 0);
    assert_eq!(
        reason(shop.allow(&order).await.unwrap_err()),
        Reason::OrderState
    );
    // Money that comes all the same goes back.
    shop.paid(&order, "PAY1", order.total_fen).await;
    testkit::eventually(crate::support::SOON, || async {
        let due: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE queue = 'payment.refund_due.v1'")
                .fetch_one(&shop.db)
                .await
                .unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM inbox")
            .fetch_one(&shop.db)
            .await
            .unwrap();
        due + seen > 0
    })
    .await;
    assert_eq!(shop.get(1, &order.order_no).await.state(), State::Closed);
}

/// Somebody may have paid: units stay held until payment has said so, and it is asked again.
#[tokio::test]
async fn an_order_whose_payment_was_opened_asks_before_it_closes() {
    let shop = Shop::open().await;
    let (lamp, order) = shop.lamp_order().await;
    shop.allow(&order).await.unwrap();
    let cancel = CancelOrderRequest {
        order_no: order.order_no.clone(),
    };
    let request = by(&buyer(1), cancel);
    shop.orders.clone().cancel_order(request).await.unwrap();
    assert_eq!(shop.get(1, &order.order_no).await.state(), State::Closing);
    assert_eq!(shop.level(lamp).await, (8, 2));
    shop.clock.advance_ms(30_000);
    assert_eq!(shop.app.sweep_retail().await.unwrap(), 1);
    shop.paid(&order, "PAY1", order.total_fen).await;
    shop.state_becomes(&order, State::Paid).await;
    shop.closed(&order).await;
    shop.level_becomes(lamp, (8, 0)).await;
    assert_eq!(shop.get(1, &order.order_no).await.state(), State::Paid);
    assert_eq!(shop.log(&order).await, ["placed", "closing", "paid"]);
}

#[tokio::test]
async fn another_amount_does_not_pay() {
    let shop = Shop::open().await;
    let (_, order) = shop.lamp_order().await;
    shop.allow(&order).await.unwrap();
    shop.paid(&order, "PAY1", order.total_fen - 1).await;
    shop.paid(&order, "PAY2", order.total_fen).await;
    shop.state_becomes(&order, State::Paid).await;
    assert_eq!(shop.get(1, &order.order_no).await.payment_no, "PAY2");
}

#[tokio::test]
async fn a_refund_gives_units_back_unless_they_were_sent() {
    let shop = Shop::open().await;
    let (lamp, order) = shop.lamp_order().await;
    shop.pay(&order).await;
    let sent = shop.order(1, lines(&[(lamp, 3)])).await.unwrap();
    shop.pay(&sent).await;
    shop.ship(&sent).await.unwrap();
    shop.level_becomes(lamp, (5, 0)).await;
    for _ in 0..2 {
        shop.refund(&order).await;
        shop.refund(&sent).await;
    }
    shop.level_becomes(lamp, (7, 0)).await;
    shop.refunded(&order).await;
    shop.state_becomes(&order, State::Refunded).await;
    assert_eq!(shop.get(1, &sent.order_no).await.state(), State::Refunding);
    assert_eq!(
        shop.log(&order).await,
        ["placed", "paid", "refunding", "refunded"]
    );
}
