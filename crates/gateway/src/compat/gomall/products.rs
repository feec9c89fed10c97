//! `/api/product`.

use money::Money;
use proto::product as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PAGE_SIZE};
use crate::{
    body::{Json, Query},
    cache::Data,
    cx::Cx,
    handler::{Done, Path},
    http::v1::{PRODUCT_BYTES_MAX, forget_product, product, product_id},
    lane::Lane,
    refusal::Refusal,
    route::{Access, Family, Routes},
    state::Gateway,
    views::{Paging, local_time, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, Public}, Lane::Browse};
    let bytes = PRODUCT_BYTES_MAX;
    routes.get("/api/product", Browse, Public, list).cacheable();
    routes.get("/api/product/{id}", Browse, Public, detail).cacheable().inline();
    routes.post("/api/product", Lane::Admin, Admin, create).body_bytes_max(bytes);
    routes.put("/api/product/{id}", Lane::Admin, Admin, update).body_bytes_max(bytes);
    routes.delete("/api/product/{id}", Lane::Admin, Admin, delete);
}

#[derive(Serialize, ToSchema)]
struct Product {
    id: i64,
    name: String,
    description: String,
    price: Money,
    stock: i64,
    category: String,
    image_url: String,
    /// 1 on the shelf, 0 off.
    status: i32,
    created_at: String,
}

impl From<wire::Item> for Product {
    fn from(item: wire::Item) -> Self {
        Self {
            id: item.id,
            name: item.name,
            description: item.description,
            price: yuan(item.price_fen),
            stock: item.stock,
            category: item.category,
            image_url: item.image_url,
            status: item.on_shelf.into(),
            created_at: local_time(item.created_at_ms),
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    category: String,
    keyword: String,
}

async fn list(gateway: Gateway, Query(query): Query<ListQuery>) -> Result<List<Product>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let request = wire::ListRequest {
        page,
        page_size,
        keyword: query.keyword,
        category: query.category,
        sort: wire::Sort::CreatedDesc.into(),
        ..wire::ListRequest::default()
    };
    let found = gateway.product().list(request).await?.into_inner();
    let items = found.items.into_iter().map(Product::from).collect();
    Ok(List::new(items, (page, page_size), found.total))
}

async fn detail(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
) -> Result<Data<Product>, Refusal> {
    product(
        &gateway,
        &cx,
        product_id(&id)?,
        Family::Gomall,
        Product::from,
    )
    .await
}

/// Absent and `null` leave a field as it is.
#[derive(Deserialize, ToSchema)]
struct Body {
    name: Option<String>,
    description: Option<String>,
    price: Option<Money>,
    stock: Option<i64>,
    category: Option<String>,
    image_url: Option<String>,
    status: Option<i32>,
}

async fn create(gateway: Gateway, cx: Cx, Json(body): Json<Body>) -> Result<Product, Refusal> {
    let request = wire::CreateRequest {
        name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        price_fen: body.price.map_or(0, Money::fen),
        stock: body.stock.unwrap_or_default(),
        category: body.category.unwrap_or_default(),
        image_url: body.image_url.unwrap_or_default(),
        images: Vec::new(),
    };
    Ok(Product::from(
        gateway
            .product()
            .create(cx.call(request))
            .await?
            .into_inner(),
    ))
}

async fn update(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<Body>,
) -> Result<Done, Refusal> {
    // Its forms send an empty text for a field that nobody filled in.
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = product_id(&id)?;
    let request = wire::UpdateRequest {
        id,
        name: text(body.name),
        description: text(body.description),
        price_fen: body.price.map(Money::fen).filter(|fen| *fen != 0),
        stock: body.stock,
        category: text(body.category),
        image_url: text(body.image_url),
        images: None,
        on_shelf: body.status.map(|status| status != 0),
    };
    gateway.product().update(cx.call(request)).await?;
    forget_product(&gateway, id).await;
    Ok(Done)
}

async fn delete(gateway: Gateway, cx: Cx, Path(id): Path<String>) -> Result<Done, Refusal> {
    let id = product_id(&id)?;
    let request = wire::DeleteRequest { id };
    gateway.product().delete(cx.call(request)).await?;
    forget_product(&gateway, id).await;
    Ok(Done)
}
