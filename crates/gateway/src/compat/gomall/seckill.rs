//! `/api/seckill`: sales by product.

use money::Money;
use proto::seckill as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{MaybeJson, Query, Raw, json},
    cx::Cx,
    lane::Lane,
    purchase::{Target, Won, buy},
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
    views::{local_time, yuan},
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    routes.post("/api/seckill", Lane::Seckill, Access::User, purchase)
        .inline().keyed().reads::<Body>();
    routes.post("/api/seckill/init", Lane::Admin, Access::Admin, init);
}

#[derive(Deserialize, ToSchema)]
struct Body {
    product_id: i64,
}

#[derive(Serialize, ToSchema)]
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

async fn purchase(gateway: Gateway, cx: Cx, Raw(headers, body): Raw) -> Result<Purchase, Refusal> {
    let body: Body = json(&headers, &body)?;
    if body.product_id <= 0 {
        return Err(Refusal::bad("product_id"));
    }
    let target = Target::Product(body.product_id);
    buy(&gateway, &cx, &headers, target, 1)
        .await
        .map(Purchase::from)
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct InitQuery {
    product_id: Option<String>,
    stock: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct InitBody {
    product_id: Option<i64>,
    stock: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Opened {
    product_id: i64,
    stock: i64,
    activity_id: i64,
}

/// Its server reads the query, its page sends a body. No stock: all there is.
async fn init(
    gateway: Gateway,
    cx: Cx,
    Query(query): Query<InitQuery>,
    MaybeJson(body): MaybeJson<InitBody>,
) -> Result<Opened, Refusal> {
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
}
