//! `/api/cart`. Products may be named in the query, as its server read them, or in the body, as its pages send them.

use fault::Reason;
use money::Money;
use proto::order as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::or_default;
use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::Done,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::yuan,
};

const BODY_BYTES_MAX: usize = 4 * 1024;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::Account};
    routes.get("/api/cart", Account, User, list);
    routes.post("/api/cart", Account, User, add);
    routes.put("/api/cart", Account, User, update);
    routes.delete("/api/cart", Account, User, remove).body_bytes_max(BODY_BYTES_MAX);
    routes.delete("/api/cart/clear", Account, User, clear);
}

#[derive(Serialize, ToSchema)]
struct Item {
    /// Its pages want one; a cart has one line per product.
    id: i64,
    product_id: i64,
    product_name: String,
    product_image: String,
    price: Money,
    quantity: i32,
    sub_total: Money,
}

impl From<&wire::cart_view::Line> for Item {
    fn from(line: &wire::cart_view::Line) -> Self {
        Self {
            id: line.product_id,
            product_id: line.product_id,
            product_name: line.product_name.clone(),
            product_image: line.product_image.clone(),
            price: yuan(line.price_fen),
            quantity: line.quantity,
            sub_total: yuan(sum_fen(line)),
        }
    }
}

fn sum_fen(line: &wire::cart_view::Line) -> i64 {
    line.price_fen.saturating_mul(line.quantity.into())
}

#[derive(Serialize, ToSchema)]
struct Cart {
    items: Vec<Item>,
    total_count: i64,
    total_price: Money,
}

async fn list(gateway: Gateway, cx: Cx) -> Result<Cart, Refusal> {
    let request = cx.call(wire::GetCartRequest::default());
    let mut lines = gateway.cart().get_cart(request).await?.into_inner().lines;
    lines.retain(|line| !line.deleted);
    Ok(Cart {
        items: lines.iter().map(Item::from).collect(),
        total_count: lines.iter().map(|line| i64::from(line.quantity)).sum(),
        total_price: yuan(
            lines
                .iter()
                .fold(0, |sum, line| sum_fen(line).saturating_add(sum)),
        ),
    })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Body {
    #[serde(deserialize_with = "or_default")]
    product_id: i64,
    #[serde(deserialize_with = "or_default")]
    quantity: i32,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ProductQuery {
    product_id: String,
}

fn named(query: &ProductQuery, body: &Body) -> Result<i64, Refusal> {
    let in_query = query.product_id.parse().ok();
    match in_query.unwrap_or(body.product_id) {
        0 => Err(Refusal::new(Reason::BadParameter, "商品ID不能为空")),
        id => Ok(id),
    }
}

async fn add(gateway: Gateway, cx: Cx, Json(body): Json<Body>) -> Result<Item, Refusal> {
    let request = cx.call(wire::AddToCartRequest {
        token: String::new(),
        product_id: body.product_id,
        quantity: body.quantity,
    });
    let cart = gateway.cart().add_to_cart(request).await?.into_inner();
    let line = cart
        .lines
        .iter()
        .find(|line| line.product_id == body.product_id);
    line.map(Item::from)
        .ok_or_else(|| Reason::CartLineNotFound.into())
}

async fn update(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<ProductQuery>,
    Json(body): Json<Body>,
) -> Result<Done, Refusal> {
    let request = cx.call(wire::UpdateCartLineRequest {
        token: String::new(),
        product_id: named(&query, &body)?,
        quantity: Some(body.quantity),
        selected: None,
    });
    gateway.cart().update_cart_line(request).await?;
    Ok(Done)
}

async fn remove(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<ProductQuery>,
    MaybeJson(body): MaybeJson<Body>,
) -> Result<Done, Refusal> {
    let request = cx.call(wire::RemoveFromCartRequest {
        token: String::new(),
        product_id: named(&query, &body)?,
    });
    gateway.cart().remove_from_cart(request).await?;
    Ok(Done)
}

async fn clear(gateway: Gateway, cx: Cx) -> Result<Done, Refusal> {
    let request = cx.call(wire::ClearCartRequest::default());
    gateway.cart().clear_cart(request).await?;
    Ok(Done)
}
