//! Answers as they go out.

use clock::from_ms;
use ids::{OrderId, OrderNo, UserId};
use money::Money;
use proto::{
    order::{
        self as wire, EpochsResponse, FenceChunk, ListOrdersResponse, LiveUnit, LiveUnitList,
        LiveUnitsResponse, OrderView, OutcomeResponse, epochs_response, fence_chunk, fenced,
    },
    seckill::Accepted,
};
use tonic::Status;

use crate::{
    app::{Face, FenceVerdict, Fenced, LivePage, Outcome, Page},
    domain::{Order, Sale, State},
    store::{order_row::reason_name, sales::OpenSale, units::Live},
};

/// Live units in one message of a fence's stream: some hundred kilobytes.
const CHUNK: usize = 2_000;
/// What a refund is called where a reason is shown.
const REFUNDED: &str = "refunded";
const INTERRUPTED: &str = "interrupted";

pub(super) fn order(order: &Order) -> OrderView {
    let payment = order.state.payment();
    OrderView {
        id: order.id.get(),
        order_no: order.no().to_string(),
        user_id: order.user.get(),
        activity_id: order.activity.get(),
        product_id: order.terms.product.get(),
        product_name: order.terms.product_name.clone(),
        product_image: order.terms.product_image.clone(),
        price_fen: order.terms.price.fen(),
        quantity: order.units.quantity(),
        total_fen: order.total().map_or(0, Money::fen),
        state: state(&order.state).into(),
        reason: reason(&order.state).to_owned(),
        epoch: order.epoch.0,
        created_at_ms: order.at_ms,
        expires_at_ms: order.expires_at_ms,
        paid_at_ms: payment.map_or(0, |payment| payment.at_ms),
        payment_no: payment.map_or_else(String::new, |payment| payment.no.as_str().to_owned()),
        goods_fen: order.total().map_or(0, Money::fen),
        lines: vec![wire::OrderLine {
            product_id: order.terms.product.get(),
            product_name: order.terms.product_name.clone(),
            product_image: order.terms.product_image.clone(),
            price_fen: order.terms.price.fen(),
            quantity: order.units.quantity(),
            discount_fen: 0,
        }],
        ..OrderView::default()
    }
}

/// `buyer` is whom seckill was asked about.
pub(super) fn face(face: Face, buyer: UserId) -> OrderView {
    match face {
        Face::Landed(landed) => order(&landed),
        Face::Retail(order) => super::retail::order_view(&order),
        Face::Processing(taken) => accepted(*taken, buyer, wire::State::Processing, ""),
        Face::Interrupted(taken) => accepted(*taken, buyer, wire::State::Refused, INTERRUPTED),
    }
}

fn accepted(accepted: Accepted, buyer: UserId, state: wire::State, reason: &str) -> OrderView {
    let order_no = if accepted.order_no.is_empty() {
        OrderId::try_from(accepted.order_id)
            .map(|id| OrderNo::new(id, from_ms(accepted.at_ms)).to_string())
            .unwrap_or_default()
    } else {
        accepted.order_no
    };
    let line = wire::OrderLine {
        product_id: accepted.product_id,
        product_name: accepted.product_name.clone(),
        product_image: accepted.product_image.clone(),
        price_fen: accepted.price_fen,
        quantity: accepted.quantity,
        discount_fen: 0,
    };
    OrderView {
        lines: vec![line],
        goods_fen: accepted.price_fen.saturating_mul(accepted.quantity.into()),
        id: accepted.order_id,
        order_no,
        user_id: buyer.get(),
        activity_id: accepted.activity_id,
        product_id: accepted.product_id,
        product_name: accepted.product_name,
        product_image: accepted.product_image,
        price_fen: accepted.price_fen,
        quantity: accepted.quantity,
        total_fen: accepted.price_fen.saturating_mul(accepted.quantity.into()),
        state: state.into(),
        reason: reason.to_owned(),
        epoch: accepted.epoch,
        created_at_ms: accepted.at_ms,
        expires_at_ms: 0,
        ..OrderView::default()
    }
}

pub(super) fn state(state: &State) -> wire::State {
    match state {
        State::Pending { .. } => wire::State::Pending,
        State::Closing { .. } => wire::State::Closing,
        State::Paid { .. } => wire::State::Paid,
        State::Closed { .. } => wire::State::Closed,
        State::Refused { .. } => wire::State::Refused,
        State::Refunding { .. } => wire::State::Refunding,
        State::Refunded { .. } => wire::State::Refunded,
    }
}

pub(super) fn reason(state: &State) -> &'static str {
    match state {
        State::Refunding { .. } | State::Refunded { .. } => REFUNDED,
        State::Pending { .. }
        | State::Closing { .. }
        | State::Paid { .. }
        | State::Closed { .. }
        | State::Refused { .. } => reason_name(state),
    }
}

pub(super) fn page(page: Page, buyer: UserId) -> ListOrdersResponse {
    ListOrdersResponse {
        orders: page
            .orders
            .into_iter()
            .map(|order| face(order, buyer))
            .collect(),
        total: page.total as i64,
    }
}

pub(super) fn outcome(outcome: &Outcome) -> OutcomeResponse {
    OutcomeResponse {
        epoch: outcome.epoch.0,
        ended: outcome.ended,
        order: outcome.order.as_ref().map(order),
    }
}

pub(super) fn epochs(sales: Vec<OpenSale>) -> EpochsResponse {
    let sale = |sale: OpenSale| epochs_response::Sale {
        activity_id: sale.activity_id,
        epoch: sale.epoch,
        suspect: sale.suspect,
    };
    EpochsResponse {
        sales: sales.into_iter().map(sale).collect(),
    }
}

pub(super) fn live_page(page: LivePage) -> LiveUnitsResponse {
    LiveUnitsResponse {
        epoch: page.sale.epoch.0,
        ended: page.sale.ended,
        units: page.units.into_iter().map(live).collect(),
        more: page.more,
        releasing_order_ids: page.releasing,
    }
}

fn live(unit: Live) -> LiveUnit {
    LiveUnit {
        unit_no: unit.unit_no,
        user_id: unit.user_id,
        slot: unit.slot,
        order_id: unit.order_id,
        at_ms: unit.at_ms,
        request_key: unit.request_key,
    }
}

/// The verdict first, then the snapshot.
pub(super) fn fenced(fenced: Fenced) -> Vec<Result<FenceChunk, Status>> {
    let verdict = match fenced.verdict {
        FenceVerdict::Fenced => fenced::Outcome::Fenced,
        FenceVerdict::OtherEpoch => fenced::Outcome::OtherEpoch,
        FenceVerdict::Ended => fenced::Outcome::Ended,
        FenceVerdict::OldVersion => fenced::Outcome::OldVersion,
        FenceVerdict::UnitsBelowSold => fenced::Outcome::UnitsBelowSold,
        FenceVerdict::NoSale => fenced::Outcome::NoSale,
    };
    let first = wire::Fenced {
        outcome: verdict.into(),
        epoch: fenced.sale.as_ref().map_or(0, |sale| sale.epoch.0),
        version: fenced.sale.as_ref().map_or(0, |sale| sale.version.0),
        refused: fenced.sale.as_ref().is_some_and(|sale| sale.refused),
        terms: fenced.sale.map(terms),
    };
    let chunk = |part| Ok(FenceChunk { part: Some(part) });
    let mut chunks = vec![chunk(fence_chunk::Part::Fenced(first))];
    let mut units = fenced.live.into_iter().map(live).peekable();
    while units.peek().is_some() {
        let units = units.by_ref().take(CHUNK).collect();
        chunks.push(chunk(fence_chunk::Part::Live(LiveUnitList { units })));
    }
    chunks
}

fn terms(sale: Sale) -> wire::Terms {
    let terms = sale.terms;
    wire::Terms {
        product_id: terms.product.get(),
        product_name: terms.product_name,
        product_image: terms.product_image,
        price_fen: terms.price.fen(),
        units: terms.units,
        start_ms: terms.start_ms,
        end_ms: terms.end_ms,
        limit_per_user: terms.limit_per_user,
        payment_window_s: terms.payment_window_s,
    }
}
