//! `/api/order`: what was bought.

use axum::http::HeaderMap;
use money::Money;
use proto::{order as wire, payment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PAGE_SIZE};
use crate::{
    body::{Json, Query},
    cx::Cx,
    handler::{Done, Path},
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Paging, local_time, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::{Account, Money}};
    routes.get("/api/order", Account, User, list);
    routes.post("/api/order", Account, User, create);
    routes.post("/api/order/checkout", Account, User, checkout);
    routes.get("/api/order/{order_no}", Account, User, detail);
    routes.post("/api/order/{order_no}/pay", Money, User, pay);
    routes.post("/api/order/{order_no}/cancel", Account, User, cancel);
}

const WECHAT: i32 = 2;

#[derive(Serialize, ToSchema)]
struct Order {
    id: i64,
    order_no: String,
    user_id: i64,
    product_id: i64,
    product_name: String,
    product_image: String,
    quantity: i32,
    total_price: Money,
    status: i32,
    pay_type: i32,
    created_at: String,
}

impl From<wire::OrderView> for Order {
    fn from(view: wire::OrderView) -> Self {
        Self {
            status: status(view.state()),
            id: view.id,
            order_no: view.order_no,
            user_id: view.user_id,
            product_id: view.product_id,
            product_name: view.product_name,
            product_image: view.product_image,
            quantity: view.quantity,
            total_price: yuan(view.total_fen),
            pay_type: WECHAT,
            created_at: local_time(view.created_at_ms),
        }
    }
}

/// 0 processing, 1 awaiting payment, 2 paid, 3 sent, 4 arrived, 5 over.
const fn status(state: wire::State) -> i32 {
    use wire::State;
    match state {
        State::Processing | State::Unspecified => 0,
        State::Pending => 1,
        State::Paid | State::Refunding => 2,
        State::Shipped => 3,
        State::Completed => 4,
        State::Closing | State::Closed | State::Refused | State::Refunded => 5,
    }
}

#[derive(Deserialize, ToSchema)]
struct Body {
    product_id: i64,
    quantity: i32,
}

async fn create(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Result<Order, Refusal> {
    let line = wire::create_order_request::Line {
        product_id: body.product_id,
        quantity: body.quantity,
    };
    let made = place(&gateway, &cx, &headers, vec![line]).await?;
    Ok(Order::from(made))
}

/// One order of everything in the cart; its pages count them.
async fn checkout(gateway: Gateway, cx: Cx, headers: HeaderMap) -> Result<Vec<Order>, Refusal> {
    let made = place(&gateway, &cx, &headers, Vec::new()).await?;
    Ok(vec![Order::from(made)])
}

/// An order of some lines; of what is in the cart without any.
async fn place(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    lines: Vec<wire::create_order_request::Line>,
) -> Result<wire::OrderView, Refusal> {
    let request = cx.call(wire::CreateOrderRequest {
        lines,
        idempotency_key: request_key(headers, cx.user()?.get(), "order")?,
        ..wire::CreateOrderRequest::default()
    });
    Ok(gateway.retail().create_order(request).await?.into_inner())
}

async fn list(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<Paging>,
) -> Result<List<Order>, Refusal> {
    let (page, page_size) = query.of(PAGE_SIZE);
    let state = wire::State::Unspecified.into();
    let request = cx.call(wire::ListOrdersRequest {
        page,
        page_size,
        state,
    });
    let found = gateway.order().list_orders(request).await?.into_inner();
    let orders = found.orders.into_iter().map(Order::from).collect();
    Ok(List::new(orders, (page, page_size), found.total))
}

async fn detail(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Order, Refusal> {
    let request = cx.call(wire::GetOrderRequest { order_no });
    Ok(Order::from(
        gateway.order().get_order(request).await?.into_inner(),
    ))
}

/// The page pays by pressing a button: only where configuration allows that.
async fn pay(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Done, Refusal> {
    let request = cx.call(payment::MockPayRequest {
        order_no,
        ..payment::MockPayRequest::default()
    });
    gateway.payment().mock_pay(request).await?;
    Ok(Done)
}

async fn cancel(gateway: Gateway, cx: Cx, Path(order_no): Path<String>) -> Result<Done, Refusal> {
    let request = cx.call(wire::CancelOrderRequest { order_no });
    gateway.order().cancel_order(request).await?;
    Ok(Done)
}
