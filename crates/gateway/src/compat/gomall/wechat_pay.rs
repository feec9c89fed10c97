//! `/api/pay/wechat`: what Gomall's pages knew of WeChat's second version, on the third.

use axum::http::HeaderMap;
use fault::Reason;
use proto::payment as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::{Json, MaybeJson, Query},
    cx::Cx,
    handler::Done,
    lane::Lane,
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::{Admin, User}, Lane::Money};
    routes.post("/api/pay/wechat/unified-order", Money, User, unified_order);
    routes.get("/api/pay/wechat/query", Money, User, query);
    routes.post("/api/pay/wechat/close", Money, User, close);
    routes.post("/api/pay/wechat/refund", Money, Admin, refund);
}

const NATIVE: &str = "NATIVE";

/// In the query or in the body.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Asked {
    order_no: String,
    refund_fee: Option<RefundFee>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum RefundFee {
    Number(i64),
    Text(String),
}

impl Asked {
    fn order_no(query: Self, body: Self) -> Result<String, Refusal> {
        [query.order_no, body.order_no]
            .into_iter()
            .find(|order_no| !order_no.is_empty())
            .ok_or_else(|| Refusal::new(Reason::BadParameter, "订单号不能为空"))
    }
}

#[derive(Serialize, ToSchema)]
struct Unified {
    prepay_id: String,
    code_url: String,
    order_no: String,
    total_fee: i64,
    trade_type: &'static str,
}

async fn unified_order(
    gateway: Gateway,
    cx: Cx,
    Json(body): Json<Asked>,
) -> Result<Unified, Refusal> {
    let request = cx.call(wire::CreateRequest {
        purpose: wire::Purpose::Order.into(),
        subject: Asked::order_no(Asked::default(), body)?,
        channel: wire::Channel::WechatNative.into(),
    });
    let view = gateway.payment().create(request).await?.into_inner();
    Ok(Unified {
        // Native payments have none; our number stands for it.
        prepay_id: view.payment_no,
        code_url: view.code_url,
        order_no: view.subject,
        total_fee: view.amount_fen,
        trade_type: NATIVE,
    })
}

async fn of_order(
    gateway: &Gateway,
    cx: &Cx,
    order_no: String,
    sync: bool,
) -> Result<wire::PaymentView, Refusal> {
    let request = cx.call(wire::GetRequest {
        payment_no: String::new(),
        order_no,
        sync,
    });
    Ok(gateway.payment().get(request).await?.into_inner())
}

#[derive(Serialize, ToSchema)]
struct Queried {
    order_no: String,
    trade_state: &'static str,
    prepay_id: String,
    trade_type: &'static str,
}

async fn query(gateway: Gateway, cx: Cx, Query(asked): Query<Asked>) -> Result<Queried, Refusal> {
    use wire::State;
    let order_no = Asked::order_no(asked, Asked::default())?;
    let view = of_order(&gateway, &cx, order_no, true).await?;
    let trade_state = match view.state() {
        State::Paid => "PAID",
        State::Opening | State::Pending => "NOT_PAID",
        State::Closing | State::Closed => "CLOSED",
        State::Refunding | State::Refunded => "REFUND",
        State::Unspecified => "UNKNOWN",
    };
    Ok(Queried {
        order_no: view.subject,
        trade_state,
        prepay_id: view.payment_no,
        trade_type: NATIVE,
    })
}

async fn close(
    gateway: Gateway,
    cx: Cx,
    Query(asked): Query<Asked>,
    MaybeJson(body): MaybeJson<Asked>,
) -> Result<Done, Refusal> {
    let order_no = Asked::order_no(asked, body)?;
    let view = of_order(&gateway, &cx, order_no, false).await?;
    let request = cx.call(wire::CloseRequest {
        payment_no: view.payment_no,
    });
    gateway.payment().close(request).await?;
    Ok(Done)
}

#[derive(Serialize, ToSchema)]
struct Refunded {
    order_no: String,
    refund_no: String,
    refund_fee: i64,
}

async fn refund(
    gateway: Gateway,
    cx: Cx,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<Asked>,
) -> Result<Refunded, Refusal> {
    let wrong = |what| Refusal::new(Reason::BadParameter, what);
    let Some(fee) = asked.refund_fee.as_ref().or(body.refund_fee.as_ref()) else {
        return Err(wrong("退款金额不能为空"));
    };
    let fee = match fee {
        RefundFee::Number(fen) => Some(*fen),
        RefundFee::Text(text) => text.parse().ok(),
    };
    let amount_fen = fee
        .filter(|fen| *fen > 0)
        .ok_or_else(|| wrong("退款金额格式错误"))?;
    let order_no = Asked::order_no(asked, body)?;
    let view = of_order(&gateway, &cx, order_no, false).await?;
    let what = format!("refund/{}", view.payment_no);
    let key = crate::key::request_key(&headers, cx.user()?.get(), what)?;
    // Its pages send no key: the same amount of the same payment is then the same refund.
    let key = match key.as_str() {
        "" => format!("fee-{amount_fen}"),
        key => key.to_owned(),
    };
    let request = cx.call(wire::RefundRequest {
        payment_no: view.payment_no,
        amount_fen,
        reason: "商家退款".to_owned(),
        key,
    });
    let refund = gateway.payment_admin().refund(request).await?.into_inner();
    Ok(Refunded {
        order_no: view.subject,
        refund_no: refund.refund_no,
        refund_fee: refund.amount_fen,
    })
}
