//! The catalogue.

use fault::Reason;
use money::Money;
use proto::product as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{Json, Query},
    cache::Data,
    cx::Cx,
    handler::Path,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Family, KIB, Routes},
    state::Gateway,
    views::{Page, Paging, rfc3339, yuan},
};

const PAGE_SIZE: u32 = 20;

/// A description may be long.
pub(crate) const PRODUCT_BYTES_MAX: usize = 256 * KIB;

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, Public}, Lane::Browse};
    let bytes = PRODUCT_BYTES_MAX;
    routes.get("/api/v1/products", Browse, Public, list).cacheable();
    routes.get("/api/v1/products/{id}", Browse, Public, detail).cacheable().inline();
    routes.post("/api/v1/admin/products", Lane::Admin, Admin, create).body_bytes_max(bytes);
    routes.put("/api/v1/admin/products/{id}", Lane::Admin, Admin, update).body_bytes_max(bytes);
    routes.patch("/api/v1/admin/products/{id}", Lane::Admin, Admin, update).body_bytes_max(bytes);
    routes.delete("/api/v1/admin/products/{id}", Lane::Admin, Admin, delete);
}

#[derive(Serialize, ToSchema)]
struct Product {
    id: i64,
    name: String,
    description: String,
    price: Money,
    price_fen: i64,
    stock: i64,
    category: String,
    image_url: String,
    /// Further pictures.
    images: Vec<String>,
    /// 1 on the shelf, 0 off.
    status: i32,
    created_at: String,
    updated_at: String,
}

impl From<wire::Item> for Product {
    fn from(item: wire::Item) -> Self {
        Self {
            id: item.id,
            name: item.name,
            description: item.description,
            price: yuan(item.price_fen),
            price_fen: item.price_fen,
            stock: item.stock,
            category: item.category,
            image_url: item.image_url,
            images: item.images,
            status: item.on_shelf.into(),
            created_at: rfc3339(item.created_at_ms),
            updated_at: rfc3339(item.updated_at_ms),
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    keyword: String,
    category: String,
    min_price: Option<String>,
    max_price: Option<String>,
    in_stock: Option<String>,
    sort: String,
    sort_by: String,
    sort_order: String,
}

async fn list(gateway: Gateway, Query(query): Query<ListQuery>) -> Result<Page<Product>, Refusal> {
    let (page, page_size) = query.paging.of(PAGE_SIZE);
    let fen = |text: &Option<String>| {
        text.as_ref()
            .and_then(|text| text.parse::<Money>().ok())
            .map(Money::fen)
    };
    let request = wire::ListRequest {
        page,
        page_size,
        min_price_fen: fen(&query.min_price),
        max_price_fen: fen(&query.max_price),
        in_stock: query
            .in_stock
            .is_some_and(|text| text == "1" || text == "true"),
        off_shelf_too: false,
        sort: sort(&query.sort, &query.sort_by, &query.sort_order).into(),
        keyword: query.keyword,
        category: query.category,
    };
    let found = gateway.product().list(request).await?.into_inner();
    let items = found.items.into_iter().map(Product::from).collect();
    Ok(Page::new(items, (page, page_size), found.total))
}

/// `sort=price,asc`, or `sort_by` with `sort_order`; the first wins, and anything unknown is the
/// default.
fn sort(sort: &str, by: &str, order: &str) -> wire::Sort {
    let (by, order) = sort.split_once(',').unwrap_or(if sort.is_empty() {
        (by, order)
    } else {
        (sort, "")
    });
    let ascending = order.eq_ignore_ascii_case("asc");
    match (by, ascending) {
        ("price", true) => wire::Sort::PriceAsc,
        ("price", false) => wire::Sort::PriceDesc,
        ("name", true) => wire::Sort::NameAsc,
        ("name", false) => wire::Sort::NameDesc,
        ("created_at", true) => wire::Sort::CreatedAsc,
        _ => wire::Sort::CreatedDesc,
    }
}

async fn detail(
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
) -> Result<Data<Product>, Refusal> {
    product(&gateway, &cx, product_id(&id)?, Family::V1, Product::from).await
}

/// What `view` makes of a product. To all but administrators one that is off the shelf does not
/// exist.
pub(crate) async fn product<T: Serialize + Send + 'static>(
    gateway: &Gateway,
    cx: &Cx,
    id: i64,
    family: Family,
    view: impl Fn(wire::Item) -> T + Send + 'static,
) -> Result<Data<T>, Refusal> {
    let is_admin = cx.admin().is_ok();
    let mut product = gateway.product();
    let fresh = move || async move {
        let item = product.get(wire::GetRequest { id }).await?.into_inner();
        if item.on_shelf || is_admin {
            Ok::<_, Refusal>(view(item))
        } else {
            Err(Reason::ProductNotFound.into())
        }
    };
    if is_admin {
        return gateway.answers.fresh(fresh()).await;
    }
    gateway.answers.get(key(family, id), fresh).await
}

/// What belongs to a product that a stranger cannot see does not exist either.
pub(super) async fn on_shelf(gateway: &Gateway, cx: &Cx, id: i64) -> Result<(), Refusal> {
    product(gateway, cx, id, Family::V1, Product::from)
        .await
        .map(drop)
}

fn key(family: Family, id: i64) -> String {
    format!("{family:?}/product/{id}")
}

/// After a change: its author sees it at once where it was made, others within a second.
pub(crate) async fn forget_product(gateway: &Gateway, id: i64) {
    for family in [Family::V1, Family::Gomall] {
        gateway.answers.forget(&key(family, id)).await;
    }
}

/// What is no id names nothing.
pub(crate) fn product_id(text: &str) -> Result<i64, Refusal> {
    text.parse::<ids::ProductId>()
        .map(Into::into)
        .map_err(|_| Reason::ProductNotFound.into())
}

#[derive(Deserialize, ToSchema)]
struct Body {
    name: Option<String>,
    description: Option<String>,
    price: Option<Money>,
    price_fen: Option<i64>,
    stock: Option<i64>,
    category: Option<String>,
    image_url: Option<String>,
    images: Option<Vec<String>>,
    status: Option<i32>,
}

impl Body {
    /// `_fen` wins.
    fn price_fen(&self) -> Option<i64> {
        self.price_fen.or(self.price.map(Money::fen))
    }
}

async fn create(gateway: Gateway, cx: Cx, Json(body): Json<Body>) -> Result<Product, Refusal> {
    let request = wire::CreateRequest {
        price_fen: body.price_fen().unwrap_or_default(),
        name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        stock: body.stock.unwrap_or_default(),
        category: body.category.unwrap_or_default(),
        image_url: body.image_url.unwrap_or_default(),
        images: body.images.unwrap_or_default(),
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
) -> Result<Product, Refusal> {
    let id = product_id(&id)?;
    let request = wire::UpdateRequest {
        id,
        price_fen: body.price_fen(),
        name: body.name,
        description: body.description,
        stock: body.stock,
        category: body.category,
        image_url: body.image_url,
        images: body.images.map(|urls| wire::Images { urls }),
        on_shelf: body.status.map(|status| status != 0),
    };
    let item = gateway
        .product()
        .update(cx.call(request))
        .await?
        .into_inner();
    forget_product(&gateway, id).await;
    Ok(Product::from(item))
}

#[derive(Serialize, ToSchema)]
struct Deleted {
    deleted: bool,
}

async fn delete(gateway: Gateway, cx: Cx, Path(id): Path<String>) -> Result<Deleted, Refusal> {
    let id = product_id(&id)?;
    let request = wire::DeleteRequest { id };
    let deleted = gateway
        .product()
        .delete(cx.call(request))
        .await?
        .into_inner()
        .deleted;
    forget_product(&gateway, id).await;
    Ok(Deleted { deleted })
}
