//! Buying in a sale: one verb for every face.

use std::{fmt, sync::LazyLock};

use axum::http::HeaderMap;
use fault::Reason;
use prometheus::{IntCounter, register_int_counter_vec};
use proto::seckill::{Accepted, Outcome, ReserveItem};

use crate::{cx::Cx, key::request_key, refusal::Refusal, state::Gateway};

/// By the outcome's number.
#[expect(
    clippy::expect_used,
    reason = "a metric registered twice is found by the first test"
)]
static PURCHASES: LazyLock<Vec<IntCounter>> = LazyLock::new(|| {
    let help = "Purchases in sales by outcome.";
    let purchases = register_int_counter_vec!("seckill_purchases_total", help, &["outcome"])
        .expect("registered once");
    let outcomes = (0..).map_while(|number| Outcome::try_from(number).ok());
    outcomes
        .map(|outcome| {
            let name = outcome.as_str_name().trim_start_matches("OUTCOME_");
            purchases.with_label_values(&[name])
        })
        .collect()
});

/// What the buyer wants units of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    Activity(i64),
    /// The product's running activity.
    Product(i64),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(id) => write!(f, "activity/{id}"),
            Self::Product(id) => write!(f, "product/{id}"),
        }
    }
}

/// A buyer's order, new or from before.
#[derive(Debug)]
pub(crate) struct Won {
    pub(crate) accepted: Accepted,
    pub(crate) repeated: bool,
}

pub(crate) async fn buy(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    target: Target,
    quantity: i32,
) -> Result<Won, Refusal> {
    let buyer = cx.user()?.get();
    let (activity_id, product_id) = match target {
        Target::Activity(id) => (id, 0),
        Target::Product(id) => (0, id),
    };
    let item = ReserveItem {
        activity_id,
        product_id,
        user_id: buyer,
        quantity,
        request_key: request_key(headers, buyer, target)?,
        trace_parent: trace::sampled_trace_parent().unwrap_or_default(),
        timeout_ms: 0,
    };
    let reply = gateway.reserver.reserve(item).await;
    let outcome = reply.outcome();
    if let Some(purchases) = PURCHASES.get(outcome as usize) {
        purchases.inc();
    }
    match (refusal(outcome), reply.accepted) {
        (None, Some(accepted)) => Ok(Won {
            accepted,
            repeated: outcome == Outcome::Repeated,
        }),
        (Some(reason), _) => Err(reason.into()),
        (None, None) => Err(Reason::Internal.into()),
    }
}

/// `None`: the buyer has an order.
const fn refusal(outcome: Outcome) -> Option<Reason> {
    Some(match outcome {
        Outcome::Won | Outcome::Repeated => return None,
        Outcome::SoldOut => Reason::SoldOut,
        Outcome::NotStarted => Reason::NotStarted,
        Outcome::Ended => Reason::Ended,
        Outcome::Limit => Reason::LimitExceeded,
        Outcome::NotFound => Reason::ActivityNotFound,
        Outcome::Cancelled => Reason::ActivityCancelled,
        Outcome::Paused => Reason::NotWarmed,
        Outcome::Unconfirmed | Outcome::Busy => Reason::SeckillBusy,
        Outcome::BadQuantity => Reason::SeckillParameter,
        Outcome::Unspecified => Reason::Internal,
    })
}
