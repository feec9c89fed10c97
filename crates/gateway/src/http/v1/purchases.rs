//! Buying in a sale, and what became of it.

use proto::seckill as wire;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::activities::activity_id;
use crate::{
    body::{Raw, maybe_json},
    cx::Cx,
    handler::{Path, WithStatus},
    lane::Lane,
    purchase::{Target, Won, buy},
    refusal::Refusal,
    route::{Access, Routes},
    state::Gateway,
};

#[rustfmt::skip]
pub(super) fn routes(routes: &mut Routes) {
    use {Access::User, Lane::{Browse, Seckill}};
    routes.post("/api/v1/seckill/activities/{id}/orders", Seckill, User, purchase)
        .inline().keyed().reads::<Body>();
    routes.get("/api/v1/seckill/tickets/{ticket}", Browse, User, ticket);
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Body {
    quantity: Option<i32>,
}

#[derive(Serialize, ToSchema)]
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
    gateway: Gateway,
    cx: Cx,
    Path(id): Path<String>,
    Raw(headers, body): Raw,
) -> Result<WithStatus<Purchase, 202>, Refusal> {
    let target = Target::Activity(activity_id(&id)?);
    let Body { quantity } = maybe_json(&body)?;
    let won = buy(&gateway, &cx, &headers, target, quantity.unwrap_or(1)).await?;
    Ok(WithStatus(won.into()))
}

#[derive(Serialize, ToSchema)]
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

async fn ticket(gateway: Gateway, cx: Cx, Path(ticket): Path<String>) -> Result<Ticket, Refusal> {
    let request = cx.call(wire::GetTicketRequest { ticket });
    let view = gateway.seckill().get_ticket(request).await?.into_inner();
    Ok(Ticket::from(view))
}
