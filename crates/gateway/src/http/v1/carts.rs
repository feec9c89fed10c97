//! Carts. A visitor without an account has one behind a token of its own choosing.

use axum::http::HeaderMap;
use money::Money;
use proto::order as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::product_id;
use crate::{
    body::Json,
    cx::Cx,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::yuan,
};

/// 32 hexadecimal digits that the client draws at random; ignored where the caller is logged in.
const TOKEN: &str = "x-cart-token";

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Optional, User}, Lane::Account};
    routes.get("/api/v1/cart", Account, Optional, cart);
    routes.post("/api/v1/cart", Account, Optional, add);
    routes.delete("/api/v1/cart", Account, Optional, clear);
    routes.delete("/api/v1/cart/clear", Account, Optional, clear);
    routes.put("/api/v1/cart/items/{product_id}", Account, Optional, update);
    routes.delete("/api/v1/cart/items/{product_id}", Account, Optional, remove);
    routes.post("/api/v1/cart/merge", Account, User, merge);
}

#[derive(Serialize, ToSchema)]
#[schema(as = CartLine)]
pub(crate) struct Line {
    product_id: i64,
    product_name: String,
    product_image: String,
    /// As it would be charged now.
    price: Money,
    price_fen: i64,
    /// When it was put in.
    added_price: Money,
    added_price_fen: i64,
    price_changed: bool,
    quantity: i32,
    sub_total: Money,
    sub_total_fen: i64,
    selected: bool,
    on_shelf: bool,
    in_stock: bool,
    deleted: bool,
}

impl From<wire::cart_view::Line> for Line {
    fn from(line: wire::cart_view::Line) -> Self {
        let sum = line.price_fen.saturating_mul(line.quantity.into());
        Self {
            product_id: line.product_id,
            product_name: line.product_name,
            product_image: line.product_image,
            price: yuan(line.price_fen),
            price_fen: line.price_fen,
            added_price: yuan(line.added_price_fen),
            added_price_fen: line.added_price_fen,
            price_changed: line.price_fen != line.added_price_fen,
            quantity: line.quantity,
            sub_total: yuan(sum),
            sub_total_fen: sum,
            selected: line.selected,
            on_shelf: line.on_shelf,
            in_stock: line.in_stock,
            deleted: line.deleted,
        }
    }
}

/// The totals are those of what is selected and may be bought.
#[derive(Serialize, ToSchema)]
struct Cart {
    items: Vec<Line>,
    total_count: i64,
    total_price: Money,
    total_price_fen: i64,
}

impl From<wire::CartView> for Cart {
    fn from(cart: wire::CartView) -> Self {
        let items: Vec<Line> = cart.lines.into_iter().map(Line::from).collect();
        let counted = |line: &&Line| line.selected && line.on_shelf;
        let total_fen = items
            .iter()
            .filter(counted)
            .fold(0_i64, |sum, line| sum.saturating_add(line.sub_total_fen));
        Self {
            total_count: items
                .iter()
                .filter(counted)
                .map(|line| i64::from(line.quantity))
                .sum(),
            total_price: yuan(total_fen),
            total_price_fen: total_fen,
            items,
        }
    }
}

/// Empty for a caller who is logged in.
fn token(cx: &Cx, headers: &HeaderMap) -> Result<String, Refusal> {
    let sent = headers.get(TOKEN).and_then(|value| value.to_str().ok());
    match (cx.caller(), sent) {
        (Ok(_), _) => Ok(String::new()),
        (Err(_), Some(token)) if !token.is_empty() => Ok(token.to_owned()),
        (Err(refusal), _) => Err(refusal),
    }
}

async fn cart(gateway: Gateway, cx: Cx, headers: HeaderMap) -> Result<Cart, Refusal> {
    let token = token(&cx, &headers)?;
    let request = cx.call(wire::GetCartRequest { token });
    Ok(gateway.cart().get_cart(request).await?.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct AddBody {
    product_id: i64,
    quantity: i32,
}

async fn add(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Json(body): Json<AddBody>,
) -> Result<Cart, Refusal> {
    let request = cx.call(wire::AddToCartRequest {
        token: token(&cx, &headers)?,
        product_id: body.product_id,
        quantity: body.quantity,
    });
    let cart = gateway.cart().add_to_cart(request).await?;
    Ok(cart.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    quantity: Option<i32>,
    selected: Option<bool>,
}

async fn update(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(body): Json<UpdateBody>,
) -> Result<Cart, Refusal> {
    let request = cx.call(wire::UpdateCartLineRequest {
        token: token(&cx, &headers)?,
        product_id: product_id(&id)?,
        quantity: body.quantity,
        selected: body.selected,
    });
    let cart = gateway.cart().update_cart_line(request).await?;
    Ok(cart.into_inner().into())
}

async fn remove(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Cart, Refusal> {
    let request = cx.call(wire::RemoveFromCartRequest {
        token: token(&cx, &headers)?,
        product_id: product_id(&id)?,
    });
    let cart = gateway.cart().remove_from_cart(request).await?;
    Ok(cart.into_inner().into())
}

async fn clear(gateway: Gateway, cx: Cx, headers: HeaderMap) -> Result<Cart, Refusal> {
    let token = token(&cx, &headers)?;
    let request = cx.call(wire::ClearCartRequest { token });
    let cart = gateway.cart().clear_cart(request).await?;
    Ok(cart.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct MergeBody {
    cart_token: String,
}

async fn merge(gateway: Gateway, cx: Cx, Json(body): Json<MergeBody>) -> Result<Cart, Refusal> {
    let request = cx.call(wire::MergeCartRequest {
        token: body.cart_token,
    });
    let cart = gateway.cart().merge_cart(request).await?;
    Ok(cart.into_inner().into())
}
