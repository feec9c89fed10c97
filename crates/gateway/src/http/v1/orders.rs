//! A buyer's orders.

use fault::Reason;
use money::Money;
use proto::order as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::payments;
use crate::{
    body::{MaybeJson, Query},
    cx::Cx,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Page, Paging, rfc3339, rfc3339_some, yuan},
};

const PAGE_SIZE: u32 = 20;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, User}, Lane::{Account, Money}};
    routes.get("/api/v1/orders", Account, User, list);
    routes.get("/api/v1/orders/{order_no}", Account, User, detail);
    routes.post("/api/v1/orders/{order_no}/cancel", Account, User, cancel);
    routes.post("/api/v1/orders/{order_no}/pay", Money, User, pay);
    routes.post("/api/v1/admin/orders/{order_no}/refund", Lane::Admin, Admin, refund);
}

#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct Line {
    product_id: i64,
    product_name: String,
    product_image: String,
    price: Money,
    price_fen: i64,
    quantity: i32,
    sub_total: Money,
    sub_total_fen: i64,
    /// The line's part of the coupon.
    discount_fen: i64,
}

impl From<wire::OrderLine> for Line {
    fn from(line: wire::OrderLine) -> Self {
        let sum = line.price_fen.saturating_mul(line.quantity.into());
        Self {
            product_id: line.product_id,
            product_name: line.product_name,
            product_image: line.product_image,
            price: yuan(line.price_fen),
            price_fen: line.price_fen,
            quantity: line.quantity,
            sub_total: yuan(sum),
            sub_total_fen: sum,
            discount_fen: line.discount_fen,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Address {
    name: String,
    phone: String,
    region: String,
    detail: String,
}

#[derive(Serialize, ToSchema)]
struct Shipment {
    carrier: String,
    tracking_no: String,
    shipped_at: String,
    confirmed_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Order {
    id: i64,
    order_no: String,
    user_id: i64,
    items: Vec<Line>,
    product_id: i64,
    product_name: String,
    product_image: String,
    quantity: i32,
    total_price: Money,
    total_price_fen: i64,
    payable: Money,
    payable_fen: i64,
    discount: Money,
    discount_fen: i64,
    /// 0: none.
    coupon_id: i64,
    address: Option<Address>,
    remark: String,
    shipment: Option<Shipment>,
    status: &'static str,
    /// Why an order that is over is over.
    reason: Option<String>,
    source: &'static str,
    activity_id: i64,
    payment_no: Option<String>,
    /// Absent until it has landed.
    expire_at: Option<String>,
    paid_at: Option<String>,
    created_at: String,
}

impl From<wire::OrderView> for Order {
    fn from(view: wire::OrderView) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (goods, total) = (yuan(view.goods_fen), yuan(view.total_fen));
        Self {
            id: view.id,
            user_id: view.user_id,
            status: status(&view),
            reason: some(&view.reason),
            source: if view.activity_id == 0 {
                "normal"
            } else {
                "seckill"
            },
            discount: yuan(view.discount_fen),
            discount_fen: view.discount_fen,
            coupon_id: view.user_coupon_id,
            address: view.address.map(|address| Address {
                name: address.name,
                phone: address.phone,
                region: address.region,
                detail: address.detail,
            }),
            remark: view.remark,
            shipment: view.shipment.map(|shipment| Shipment {
                carrier: shipment.carrier,
                tracking_no: shipment.tracking_no,
                shipped_at: rfc3339(shipment.shipped_at_ms),
                confirmed_at: rfc3339_some(shipment.confirmed_at_ms),
            }),
            activity_id: view.activity_id,
            payment_no: some(&view.payment_no),
            expire_at: rfc3339_some(view.expires_at_ms),
            paid_at: rfc3339_some(view.paid_at_ms),
            created_at: rfc3339(view.created_at_ms),
            product_id: view.product_id,
            product_name: view.product_name,
            product_image: view.product_image,
            quantity: view.quantity,
            total_price: goods,
            total_price_fen: view.goods_fen,
            payable: total,
            payable_fen: view.total_fen,
            items: view.lines.into_iter().map(Line::from).collect(),
            order_no: view.order_no,
        }
    }
}

fn status(view: &wire::OrderView) -> &'static str {
    use wire::State;
    match view.state() {
        State::Processing | State::Unspecified => "processing",
        State::Pending => "pending_payment",
        State::Closing => "closing",
        State::Paid => "paid",
        State::Closed if view.reason == "cancelled" => "cancelled",
        State::Closed => "closed",
        State::Refused => "failed",
        State::Refunding => "refunding",
        State::Refunded => "refunded",
        State::Shipped => "shipped",
        State::Completed => "completed",
    }
}

/// What `status` asks for; unknown words find nothing rather than everything.
pub(super) fn state(status: &str) -> Result<wire::State, Refusal> {
    use wire::State;
    Ok(match status {
        "" | "all" => State::Unspecified,
        "processing" => State::Processing,
        "pending_payment" | "pending" => State::Pending,
        "closing" => State::Closing,
        "paid" => State::Paid,
        "closed" | "cancelled" => State::Closed,
        "failed" => State::Refused,
        "refunding" => State::Refunding,
        "refunded" => State::Refunded,
        "shipped" => State::Shipped,
        "completed" => State::Completed,
        _ => return Err(Refusal::bad(format!("no order has the status {status}"))),
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    status: String,
}

async fn list(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<ListQuery>,
) -> Result<Page<Order>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let state = state(&query.status)?.into();
    let request = cx.call(wire::ListOrdersRequest {
        page,
        page_size,
        state,
    });
    let found = gateway.order().list_orders(request).await?.into_inner();
    let items = found.orders.into_iter().map(Order::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

async fn detail(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Order, Refusal> {
    let request = cx.call(wire::GetOrderRequest { order_no });
    Ok(Order::from(
        gateway.order().get_order(request).await?.into_inner(),
    ))
}

async fn cancel(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Order, Refusal> {
    let request = cx.call(wire::CancelOrderRequest { order_no });
    Ok(Order::from(
        gateway.order().cancel_order(request).await?.into_inner(),
    ))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct PayBody {
    channel: String,
}

async fn pay(
    gateway: Gateway,
    cx: Cx,
    Path(order_no): Path<String>,
    MaybeJson(body): MaybeJson<PayBody>,
) -> Result<payments::Payment, Refusal> {
    let subject = payments::Subject::Order(order_no);
    payments::open(&gateway, &cx, subject, &body.channel).await
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct RefundBody {
    reason: String,
}

async fn refund(
    gateway: Gateway,
    cx: Cx,
    Path(order_no): Path<String>,
    MaybeJson(body): MaybeJson<RefundBody>,
) -> Result<Order, Refusal> {
    const REASON_CHARS_MAX: usize = 80;
    if body.reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::new(
            Reason::OrderParameter,
            "reason has at most 80 characters",
        ));
    }
    let request = cx.call(wire::RefundOrderRequest {
        order_no,
        reason: body.reason,
    });
    Ok(Order::from(
        gateway.order().refund_order(request).await?.into_inner(),
    ))
}
