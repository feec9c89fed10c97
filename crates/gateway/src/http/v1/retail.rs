//! Making ordinary orders, and sending what was bought.

use axum::http::HeaderMap;
use proto::order as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::orders::{Order, state};
use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::Path,
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Page, Paging, parse_time, rfc3339},
};

const PAGE_SIZE: u32 = 20;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, User}, Lane::Account};
    routes.post("/api/v1/orders", Account, User, create).keyed();
    routes.post("/api/v1/orders/checkout", Account, User, checkout).keyed();
    routes.post("/api/v1/orders/{order_no}/confirm", Account, User, confirm);
    routes.get("/api/v1/orders/{order_no}/log", Account, User, log);
    routes.get("/api/v1/admin/orders", Lane::Admin, Admin, list_all);
    routes.post("/api/v1/admin/orders/{order_no}/ship", Lane::Admin, Admin, ship);
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Item {
    product_id: i64,
    quantity: i32,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = DeliveryAddress)]
struct Address {
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    region: String,
    detail: String,
}

/// Either `items`, or one product; to a checkout, products of the cart.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Body {
    items: Vec<Item>,
    product_id: Option<i64>,
    quantity: Option<i32>,
    product_ids: Vec<i64>,
    coupon_id: Option<i64>,
    address: Option<Address>,
    remark: String,
}

impl Body {
    fn lines(&self) -> Result<Vec<wire::create_order_request::Line>, Refusal> {
        let mut lines: Vec<_> = self
            .items
            .iter()
            .map(|item| wire::create_order_request::Line {
                product_id: item.product_id,
                quantity: item.quantity,
            })
            .collect();
        if let Some(product_id) = self.product_id {
            lines.push(wire::create_order_request::Line {
                product_id,
                quantity: self.quantity.unwrap_or(1),
            });
        }
        if lines.is_empty() {
            Err(fault::Reason::OrderEmpty.into())
        } else {
            Ok(lines)
        }
    }
}

async fn place(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    body: Body,
    lines: Vec<wire::create_order_request::Line>,
) -> Result<Order, Refusal> {
    let user = cx.user()?.get();
    let request = cx.call(wire::CreateOrderRequest {
        lines,
        cart_product_ids: body.product_ids,
        user_coupon_id: body.coupon_id.unwrap_or_default(),
        address: body.address.map(|address| wire::Address {
            name: address.name,
            phone: address.phone,
            region: address.region,
            detail: address.detail,
        }),
        remark: body.remark,
        idempotency_key: request_key(headers, user, "order")?,
    });
    let made = gateway.retail().create_order(request).await?;
    Ok(Order::from(made.into_inner()))
}

async fn create(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Result<Order, Refusal> {
    let lines = body.lines()?;
    place(&gateway, &cx, &headers, body, lines).await
}

/// All that a checkout made: one order of every line.
#[derive(Serialize, ToSchema)]
struct CheckedOut {
    orders: [Order; 1],
}

async fn checkout(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<Body>,
) -> Result<CheckedOut, Refusal> {
    let order = place(&gateway, &cx, &headers, body, Vec::new()).await?;
    Ok(CheckedOut { orders: [order] })
}

async fn confirm(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Order, Refusal> {
    let request = cx.call(wire::ConfirmOrderRequest { order_no });
    let done = gateway.retail().confirm_order(request).await?;
    Ok(Order::from(done.into_inner()))
}

#[derive(Serialize, ToSchema)]
struct Step {
    at: String,
    step: String,
    detail: String,
    /// Of whoever took it; 0: it happened by itself.
    user_id: i64,
}

#[derive(Serialize, ToSchema)]
struct Steps {
    items: Vec<Step>,
}

async fn log(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Steps, Refusal> {
    let request = cx.call(wire::OrderLogRequest { order_no });
    let log = gateway.retail().order_log(request).await?.into_inner();
    let step = |entry: wire::order_log_response::Entry| Step {
        at: rfc3339(entry.at_ms),
        step: entry.step,
        detail: entry.detail,
        user_id: entry.user_id,
    };
    Ok(Steps {
        items: log.entries.into_iter().map(step).collect(),
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct AllQuery {
    #[serde(flatten)]
    paging: Paging,
    status: String,
    user_id: String,
    from: String,
    to: String,
}

async fn list_all(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<AllQuery>,
) -> Result<Page<Order>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let time = |text: &str| match text {
        "" => Ok(0),
        text => parse_time(text),
    };
    let request = cx.call(wire::ListAllOrdersRequest {
        page,
        page_size,
        state: state(&query.status)?.into(),
        user_id: match query.user_id.as_str() {
            "" => 0,
            text => text.parse().map_err(|_| Refusal::bad("user_id"))?,
        },
        from_ms: time(&query.from)?,
        to_ms: time(&query.to)?,
    });
    let found = gateway.retail().list_all_orders(request).await?;
    let found = found.into_inner();
    let items = found.orders.into_iter().map(Order::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

#[derive(Deserialize, ToSchema)]
struct ShipBody {
    carrier: String,
    tracking_no: String,
}

async fn ship(
    gateway: Gateway,
    cx: Cx,
    Path(order_no): Path<String>,
    Json(body): Json<ShipBody>,
) -> Result<Order, Refusal> {
    let request = cx.call(wire::ShipOrderRequest {
        order_no,
        carrier: body.carrier,
        tracking_no: body.tracking_no,
    });
    let sent = gateway.retail().ship_order(request).await?;
    Ok(Order::from(sent.into_inner()))
}
