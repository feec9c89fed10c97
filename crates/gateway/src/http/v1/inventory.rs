//! The stock as admins see and change it.

use axum::http::HeaderMap;
use fault::Reason;
use proto::product as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{product_id, products::on_shelf};
use crate::{
    body::{Json, Query},
    cx::Cx,
    handler::Path,
    key::request_key,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{Page, Paging, rfc3339},
};

const PAGE_SIZE: u32 = 20;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, Public}, Lane::Browse};
    routes.get("/api/v1/products/{id}/inventory", Browse, Public, level);
    routes.post("/api/v1/admin/products/{id}/inventory/adjust", Lane::Admin, Admin, adjust);
    routes.put("/api/v1/admin/products/{id}/inventory/low-stock", Lane::Admin, Admin, low_mark);
    routes.get("/api/v1/admin/products/{id}/inventory/movements", Lane::Admin, Admin, movements)
        .holds::<Movement>();
    routes.get("/api/v1/admin/products/{id}/price-changes", Lane::Admin, Admin, price_changes)
        .holds::<PriceChange>();
    routes.get("/api/v1/admin/inventory/alerts/low-stock", Lane::Admin, Admin, low);
}

#[derive(Serialize, ToSchema)]
struct Inventory {
    product_id: i64,
    product_name: String,
    /// May be sold.
    available: i64,
    /// Held by orders.
    reserved: i64,
    low_stock: i64,
}

impl From<wire::Level> for Inventory {
    fn from(level: wire::Level) -> Self {
        Self {
            product_id: level.product_id,
            product_name: level.product_name,
            available: level.stock,
            reserved: level.reserved,
            low_stock: level.low_stock,
        }
    }
}

async fn level(gateway: Gateway, cx: Cx, Path(id): Path<String>) -> Result<Inventory, Refusal> {
    let product_id = product_id(&id)?;
    on_shelf(&gateway, &cx, product_id).await?;
    let request = wire::GetLevelRequest { product_id };
    let found = gateway.inventory().get_level(request).await?;
    Ok(found.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct AdjustBody {
    quantity: i64,
    #[serde(rename = "type")]
    way: String,
    #[serde(default)]
    reason: String,
}

async fn adjust(
    gateway: Gateway,
    cx: Cx,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(body): Json<AdjustBody>,
) -> Result<Inventory, Refusal> {
    let units = (body.quantity > 0).then_some(body.quantity);
    let delta = match (body.way.as_str(), units) {
        ("in", Some(units)) => units,
        ("out", Some(units)) => -units,
        _ => {
            return Err(Refusal::new(
                Reason::ProductParameter,
                "type: in or out, quantity: above 0",
            ));
        }
    };
    let request = cx.call(wire::AdjustRequest {
        product_id: product_id(&id)?,
        delta,
        reason: body.reason,
        key: request_key(&headers, cx.user()?.get(), "adjust")?,
    });
    let found = gateway.inventory().adjust(request).await?;
    Ok(found.into_inner().into())
}

#[derive(Deserialize, ToSchema)]
struct LowBody {
    low_stock: i64,
}

async fn low_mark(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<LowBody>,
) -> Result<Inventory, Refusal> {
    let request = cx.call(wire::SetLowStockRequest {
        product_id: product_id(&id)?,
        low_stock: body.low_stock,
    });
    let found = gateway.inventory().set_low_stock(request).await?;
    Ok(found.into_inner().into())
}

async fn low(
    gateway: Gateway,
    cx: Cx,
    Query(paging): Query<Paging>,
) -> Result<Page<Inventory>, Refusal> {
    let (page, page_size) = paging.of(PAGE_SIZE);
    let request = cx.call(wire::ListLowRequest { page, page_size });
    let found = gateway.inventory().list_low(request).await?.into_inner();
    let items = found.levels.into_iter().map(Inventory::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

/// What is older than the entry that `cursor` names.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct CursorQuery {
    cursor: String,
    page_size: String,
}

impl CursorQuery {
    fn of(&self) -> Result<(i64, u32), Refusal> {
        let before = match self.cursor.as_str() {
            "" => 0,
            text => text.parse().map_err(|_| Refusal::bad("cursor"))?,
        };
        let size = self.page_size.parse().ok();
        Ok((
            before,
            size.filter(|size| (1..=100).contains(size))
                .unwrap_or(PAGE_SIZE),
        ))
    }
}

#[derive(Serialize, ToSchema)]
struct Entries<T> {
    items: Vec<T>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

impl<T> Entries<T> {
    fn new(items: Vec<T>, size: u32, last: Option<i64>) -> Self {
        let full = items.len() >= size as usize;
        Self {
            items,
            next_cursor: last.filter(|_| full).map(|id| id.to_string()),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Movement {
    id: i64,
    kind: String,
    delta: i64,
    available: i64,
    reserved: i64,
    reference: String,
    user_id: i64,
    reason: String,
    at: String,
}

async fn movements(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Query(query): Query<CursorQuery>,
) -> Result<Entries<Movement>, Refusal> {
    let (before_id, limit) = query.of()?;
    let request = cx.call(wire::ListMovementsRequest {
        product_id: product_id(&id)?,
        before_id,
        limit,
    });
    let found = gateway.inventory().list_movements(request).await?;
    let found = found.into_inner().movements;
    let last = found.last().map(|movement| movement.id);
    let movement = |movement: wire::Movement| Movement {
        id: movement.id,
        kind: movement.kind,
        delta: movement.stock_delta,
        available: movement.stock,
        reserved: movement.reserved,
        reference: movement.reference,
        user_id: movement.user_id,
        reason: movement.reason,
        at: rfc3339(movement.at_ms),
    };
    let items = found.into_iter().map(movement).collect();
    Ok(Entries::new(items, limit, last))
}

#[derive(Serialize, ToSchema)]
struct PriceChange {
    id: i64,
    old_fen: i64,
    new_fen: i64,
    user_id: i64,
    at: String,
}

async fn price_changes(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Query(query): Query<CursorQuery>,
) -> Result<Entries<PriceChange>, Refusal> {
    let (before_id, limit) = query.of()?;
    let request = cx.call(wire::ListPriceChangesRequest {
        product_id: product_id(&id)?,
        before_id,
        limit,
    });
    let found = gateway.inventory().list_price_changes(request).await?;
    let found = found.into_inner().changes;
    let last = found.last().map(|change| change.id);
    let change = |change: wire::PriceChange| PriceChange {
        id: change.id,
        old_fen: change.old_fen,
        new_fen: change.new_fen,
        user_id: change.user_id,
        at: rfc3339(change.at_ms),
    };
    let items = found.into_iter().map(change).collect();
    Ok(Entries::new(items, limit, last))
}
