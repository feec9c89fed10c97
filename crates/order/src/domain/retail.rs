//! An ordinary order: several lines at a price of its own, held in the stock before it is placed.

use ids::{OrderId, OrderNo, ProductId, UserId};
use money::Money;

use super::{CloseReason, RefuseReason, State};

/// Where an ordinary order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// An intent: its units may or may not be held, and its buyer has not been answered.
    Creating,
    /// It never came to be; buyers do not see it.
    Void,
    /// From here on it is paid and closed like the order of a sale.
    Placed(State),
}

/// A product and how many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub product: ProductId,
    pub quantity: i32,
}

/// A line of a placed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub product: ProductId,
    pub quantity: i32,
    /// As it was when the units were taken.
    pub price_fen: i64,
    pub name: String,
    pub image: String,
    pub category: String,
    /// Its part of the coupon.
    pub discount_fen: i64,
}

impl Line {
    pub fn sum_fen(&self) -> i64 {
        self.price_fen.saturating_mul(i64::from(self.quantity))
    }
}

/// Where an order is sent, as it was when the order was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    pub name: String,
    pub phone: String,
    pub region: String,
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetailOrder {
    pub id: OrderId,
    pub user: UserId,
    pub at_ms: i64,
    pub phase: Phase,
    /// Empty until it is placed.
    pub lines: Vec<Line>,
    /// 0: none.
    pub user_coupon: i64,
    pub address: Address,
    pub remark: String,
    /// 0: never payable.
    pub expires_at_ms: i64,
}

impl RetailOrder {
    pub fn no(&self) -> OrderNo {
        OrderNo::new(self.id, clock::from_ms(self.at_ms))
    }

    pub fn goods_fen(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.sum_fen()))
    }

    pub fn discount_fen(&self) -> i64 {
        self.lines.iter().map(|line| line.discount_fen).sum()
    }

    /// What is to be paid. `None`: more than an amount can be.
    pub fn payable(&self) -> Option<Money> {
        Money::from_fen(self.goods_fen().saturating_sub(self.discount_fen())).ok()
    }

    /// `None`: it was never placed.
    pub fn state(&self) -> Option<&State> {
        match &self.phase {
            Phase::Placed(state) => Some(state),
            Phase::Creating | Phase::Void => None,
        }
    }
}

/// What a step of a placed order entails for the stock and the coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nobody pays: units and coupon go back.
    GiveBack,
    /// The units are the buyer's.
    Consume,
    /// The money goes back; so do units that were not sent, and the coupon.
    Return,
    None,
}

/// Of the step from one state to another.
pub fn effect(from: &State, to: &State) -> Effect {
    match (from, to) {
        (State::Pending { .. } | State::Closing { .. }, State::Closed { .. }) => Effect::GiveBack,
        (State::Pending { .. } | State::Closing { .. }, State::Paid { .. }) => Effect::Consume,
        (State::Paid { .. }, State::Refunding { .. }) => Effect::Return,
        _ => Effect::None,
    }
}

/// As the log spells the step to `state`.
pub fn step_name(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "placed",
        State::Closing { .. } => "closing",
        State::Paid { .. } => "paid",
        State::Closed {
            reason: CloseReason::Lapsed | CloseReason::Cancelled,
        } => "closed",
        State::Refused {
            reason: RefuseReason::Interrupted | RefuseReason::Conflict,
        } => "refused",
        State::Refunding { .. } => "refunding",
        State::Refunded { .. } => "refunded",
    }
}

/// What was sent to the buyer, and whether it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub order: OrderId,
    pub carrier: String,
    pub tracking_no: String,
    pub shipped_at_ms: i64,
    /// 0: not yet.
    pub confirmed_at_ms: i64,
}
