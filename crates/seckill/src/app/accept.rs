//! The winners of one script call: they are answered only after the broker has their reservations.

use std::sync::Arc;

use ids::{OrderId, OrderNo};
use proto::{
    order::ReservedItem,
    seckill::{Accepted, Outcome, ReserveReply},
};
use tokio::time::timeout;
use tracing::Span;

use super::{App, reserve::Answered};
use crate::{domain::Ticket, sales::Sale};

/// An order that a buyer holds, as the script said.
pub(super) struct HeldOrder {
    pub(super) order_id: i64,
    pub(super) at_ms: i64,
    pub(super) slots: Vec<i32>,
    pub(super) request_key: String,
    pub(super) repeated: bool,
    /// What has to be confirmed before the buyer is answered.
    pub(super) unconfirmed: Option<ReservedItem>,
}

/// A buyer with an order, and the answer that waits for the broker's confirm.
pub(super) struct Winner {
    accepted: Accepted,
    repeated: bool,
    /// Whether the broker has to have it first.
    is_new: bool,
    unconfirmed: Option<ReservedItem>,
    /// Ends when the buyer is answered.
    _span: Span,
}

/// Those of one sale, with their places in the batch.
pub(super) struct Winners {
    pub(super) sale: Arc<Sale>,
    pub(super) winners: Vec<(usize, Winner)>,
}

/// A refusal, or anything else without an order.
pub(super) fn refusal(outcome: Outcome) -> ReserveReply {
    ReserveReply {
        outcome: outcome.into(),
        accepted: None,
    }
}

impl App {
    pub(super) fn winner(
        &self,
        sale: &Sale,
        epoch: i64,
        user_id: i64,
        held: HeldOrder,
        span: Span,
    ) -> Result<Winner, Outcome> {
        let activity = sale.activity();
        let id = OrderId::try_from(held.order_id).map_err(|_| Outcome::Busy)?;
        let ticket = Ticket {
            activity_id: sale.id,
            user_id,
            order_id: held.order_id,
            at_ms: held.at_ms,
            epoch,
            slots: held.slots.clone(),
        };
        let accepted = Accepted {
            activity_id: sale.id,
            order_id: held.order_id,
            order_no: OrderNo::new(id, clock::from_ms(held.at_ms)).to_string(),
            ticket: ticket.seal(&self.sealer),
            at_ms: held.at_ms,
            quantity: held.slots.len() as i32,
            product_id: activity.product.get(),
            product_name: activity.product_name.clone(),
            product_image: activity.product_image.clone(),
            price_fen: activity.price_fen,
            epoch,
            slots: held.slots,
            request_key: held.request_key,
        };
        Ok(Winner {
            accepted,
            repeated: held.repeated,
            is_new: held.unconfirmed.is_some(),
            unconfirmed: held.unconfirmed,
            _span: span,
        })
    }

    /// One message for all of them.
    pub(super) async fn accept(&self, mut groups: Vec<Winners>) -> Vec<Answered> {
        let mut items: Vec<ReservedItem> = Vec::new();
        let mut moved = Vec::with_capacity(groups.len());
        for Winners { sale, winners } in &mut groups {
            let before = items.len();
            items.extend(
                winners
                    .iter_mut()
                    .filter_map(|(_, winner)| winner.unconfirmed.take()),
            );
            let orders: Vec<i64> = items[before..].iter().map(|item| item.order_id).collect();
            if !orders.is_empty() {
                sale.moved(self.now_ms());
                moved.push((Arc::clone(sale), orders));
            }
        }
        let confirmed = items.is_empty() || self.is_confirmed(items).await;
        for (sale, orders) in moved.iter().filter(|_| confirmed) {
            sale.confirmed(orders);
        }
        let tell = |(index, winner): (usize, Winner)| {
            if winner.is_new && !confirmed {
                return (index, refusal(Outcome::Unconfirmed));
            }
            fail::fail_point!("reserve.after_confirm", |_| (
                index,
                refusal(Outcome::Unconfirmed)
            ));
            let outcome = if winner.repeated {
                Outcome::Repeated
            } else {
                Outcome::Won
            };
            let reply = ReserveReply {
                outcome: outcome.into(),
                accepted: Some(winner.accepted),
            };
            (index, reply)
        };
        let winners = groups.into_iter().flat_map(|group| group.winners);
        winners.map(tell).collect()
    }

    async fn is_confirmed(&self, items: Vec<ReservedItem>) -> bool {
        let confirmed = timeout(self.confirm, self.hand_off.call(items)).await;
        matches!(confirmed, Ok(Ok(true)))
    }
}
