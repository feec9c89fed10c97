//! `/api/seckill`: sales by product.

use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::post};
use money::Money;
use proto::seckill as wire;
use serde::{Deserialize, Serialize};

use crate::{
    body::{MaybeJson, Query, Raw, json},
    cx::Cx,
    purchase::{Target, Won, buy},
    refusal::Refusal,
    state::Gateway,
    views::{local_time, yuan},
};

pub(super) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/seckill", post(purchase))
        .route("/seckill/init", post(init))
}

#[derive(Deserialize)]
struct Body {
    product_id: i64,
}

#[derive(Serialize)]
struct Purchase {
    order_no: String,
    product_id: i64,
    product_name: String,
    price: Money,
    quantity: i32,
    created_at: String,
    status: i32,
    success: bool,
    message: &'static str,
    repeated: bool,
    ticket: String,
}

impl From<Won> for Purchase {
    fn from(Won { accepted, repeated }: Won) -> Self {
        Self {
            order_no: accepted.order_no,
            product_id: accepted.product_id,
            product_name: accepted.product_name,
            price: yuan(accepted.price_fen),
            quantity: accepted.quantity,
            created_at: local_time(accepted.at_ms),
            status: 0,
            success: true,
            message: "秒杀成功，订单处理中",
            repeated,
            ticket: accepted.ticket,
        }
    }
}

async fn purchase(State(gateway): State<Gateway>, cx: Cx, Raw(headers, body): Raw) -> Response {
    answer(&gateway, &cx, &headers, &body).await
}

/// A purchase, however it got here.
pub(crate) async fn answer(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    cx.answer(async {
        let body: Body = json(headers, body)?;
        if body.product_id <= 0 {
            return Err(Refusal::bad("product_id"));
        }
        buy(gateway, cx, headers, Target::Product(body.product_id), 1)
            .await
            .map(Purchase::from)
    })
    .await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InitQuery {
    product_id: Option<String>,
    stock: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InitBody {
    product_id: Option<i64>,
    stock: Option<i64>,
}

#[derive(Serialize)]
struct Opened {
    product_id: i64,
    stock: i64,
    activity_id: i64,
}

/// Its server reads the query, its page sends a body. No stock: all there is.
async fn init(
    State(gateway): State<Gateway>,
    cx: Cx,
    Query(query): Query<InitQuery>,
    MaybeJson(body): MaybeJson<InitBody>,
) -> Response {
    cx.answer(async {
        cx.admin()?;
        let number = |name: &str, text: Option<String>| {
            let text = text.filter(|text| !text.is_empty());
            text.map(|text| text.parse::<i64>().map_err(|_| Refusal::bad(name)))
                .transpose()
        };
        let product_id = number("product_id", query.product_id)?.or(body.product_id);
        let stock = number("stock", query.stock)?.or(body.stock);
        let Some(product_id) = product_id.filter(|id| *id > 0) else {
            return Err(Refusal::bad("product_id"));
        };
        if stock.is_some_and(|stock| stock <= 0) {
            return Err(Refusal::bad("stock"));
        }
        let request = wire::InitSaleRequest {
            product_id,
            units: stock.unwrap_or_default(),
        };
        let activity = gateway
            .seckill()
            .init_sale(cx.call(request))
            .await?
            .into_inner();
        Ok(Opened {
            product_id,
            stock: activity.units,
            activity_id: activity.id,
        })
    })
    .await
}
