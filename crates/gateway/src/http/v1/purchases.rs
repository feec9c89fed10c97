//! Buying in a sale, and what became of it.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use proto::seckill as wire;
use serde::{Deserialize, Serialize};

use super::activities::activity_id;
use crate::{
    body::{Raw, maybe_json},
    cx::Cx,
    purchase::{Target, Won, buy},
    refusal::Refusal,
    state::Gateway,
};

pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/seckill/activities/{id}/orders", post(purchase))
        .route("/seckill/tickets/{ticket}", get(ticket))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    quantity: Option<i32>,
}

#[derive(Serialize)]
struct Purchase {
    ticket: String,
    order_no: String,
    status: &'static str,
    repeated: bool,
}

impl From<Won> for Purchase {
    fn from(won: Won) -> Self {
        Self {
            ticket: won.accepted.ticket,
            order_no: won.accepted.order_no,
            status: "processing",
            repeated: won.repeated,
        }
    }
}

async fn purchase(
    State(gateway): State<Gateway>,
    cx: Cx,
    Path(id): Path<String>,
    Raw(headers, body): Raw,
) -> Response {
    answer(&gateway, &cx, &headers, &id, &body).await
}

/// A purchase, however it got here.
pub(crate) async fn answer(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    activity: &str,
    body: &[u8],
) -> Response {
    let bought = async {
        let target = Target::Activity(activity_id(activity)?);
        let Body { quantity } = maybe_json(body)?;
        buy(gateway, cx, headers, target, quantity.unwrap_or(1)).await
    };
    cx.render(StatusCode::ACCEPTED, bought.await.map(Purchase::from))
}

#[derive(Serialize)]
struct Ticket {
    status: &'static str,
    order_no: String,
    /// Why it failed.
    reason: Option<String>,
    /// Of an order that landed.
    order_status: Option<String>,
}

impl From<wire::TicketView> for Ticket {
    fn from(view: wire::TicketView) -> Self {
        let status = match view.status() {
            wire::TicketStatus::Success => "success",
            wire::TicketStatus::Failed => "failed",
            wire::TicketStatus::Processing | wire::TicketStatus::Unspecified => "processing",
        };
        let some = |text: String| (!text.is_empty()).then_some(text);
        Self {
            status,
            order_no: view.order_no,
            reason: some(view.reason),
            order_status: some(view.order_state),
        }
    }
}

async fn ticket(State(gateway): State<Gateway>, cx: Cx, Path(ticket): Path<String>) -> Response {
    let found = async {
        cx.caller()?;
        let request = cx.call(wire::GetTicketRequest { ticket });
        let view = gateway.seckill().get_ticket(request).await?.into_inner();
        Ok::<_, Refusal>(Ticket::from(view))
    };
    cx.render(StatusCode::OK, found.await)
}
