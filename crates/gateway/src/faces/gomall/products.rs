//! `/api/product`.

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use money::Money;
use proto::product as wire;
use serde::{Deserialize, Serialize};

use super::{List, PAGE_SIZE};
use crate::{
    body::{Json, Query},
    cx::Cx,
    http::v1::product_id,
    state::Gateway,
    views::{Paging, local_time, yuan},
};

pub(super) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/product", get(list).post(create))
        .route("/product/{id}", get(detail).put(update).delete(delete))
}

#[derive(Serialize)]
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    #[serde(flatten)]
    paging: Paging,
    category: String,
    keyword: String,
}

async fn list(State(gateway): State<Gateway>, cx: Cx, Query(query): Query<ListQuery>) -> Response {
    cx.answer(async {
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
    })
    .await
}

async fn detail(State(gateway): State<Gateway>, cx: Cx, Path(id): Path<String>) -> Response {
    cx.answer(async {
        let request = wire::GetRequest {
            id: product_id(&id)?,
        };
        Ok(Product::from(
            gateway.product().get(request).await?.into_inner(),
        ))
    })
    .await
}

/// Absent and `null` leave a field as it is.
#[derive(Deserialize)]
struct Body {
    name: Option<String>,
    description: Option<String>,
    price: Option<Money>,
    stock: Option<i64>,
    category: Option<String>,
    image_url: Option<String>,
    status: Option<i32>,
}

async fn create(State(gateway): State<Gateway>, cx: Cx, Json(body): Json<Body>) -> Response {
    cx.answer(async {
        cx.admin()?;
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
    })
    .await
}

async fn update(
    State(gateway): State<Gateway>,
    cx: Cx,
    Path(id): Path<String>,
    Json(body): Json<Body>,
) -> Response {
    cx.acknowledge(async {
        cx.admin()?;
        // Its forms send an empty text for a field that nobody filled in.
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let request = wire::UpdateRequest {
            id: product_id(&id)?,
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
        Ok(())
    })
    .await
}

async fn delete(State(gateway): State<Gateway>, cx: Cx, Path(id): Path<String>) -> Response {
    cx.acknowledge(async {
        cx.admin()?;
        let request = wire::DeleteRequest {
            id: product_id(&id)?,
        };
        gateway.product().delete(cx.call(request)).await?;
        Ok(())
    })
    .await
}
