use futures_util::future::join_all;
use mq::{Outgoing, Publisher};
use proto::order::{Reserved, ReservedItem};

use super::App;

/// Calls that wait together may share a message, which is not to grow beyond so many reservations.
const TOGETHER: usize = 2_000;

impl App {
    /// Publishes reservations, however many; answers the orders that the broker has.
    pub(crate) async fn hand_off_all(&self, items: &[ReservedItem]) -> Vec<String> {
        let mut confirmed = Vec::new();
        for together in items.chunks(TOGETHER) {
            let calls = together.chunks(self.buyers_per_call);
            let calls = calls.map(|items| self.hand_off_some(items));
            confirmed.extend(join_all(calls).await.into_iter().flatten());
        }
        confirmed
    }

    async fn hand_off_some(&self, items: &[ReservedItem]) -> Vec<String> {
        let confirmed = self.hand_off.call(items.to_vec()).await.unwrap_or(false);
        let orders = items.iter().map(|item| item.order_id.to_string());
        orders.filter(|_| confirmed).collect()
    }
}

/// Publishes groups of reservations as one message and waits for the broker's confirm. One answer
/// per group.
pub(crate) async fn hand_off(publisher: Publisher, groups: Vec<Vec<ReservedItem>>) -> Vec<bool> {
    let count = groups.len();
    let items: Vec<ReservedItem> = groups.into_iter().flatten().collect();
    let reservations = items.len();
    let message = Outgoing::of(&Reserved { items });
    let confirmed = publisher.publish(vec![message]).await;
    if let Err(error) = &confirmed {
        let error = fault::chain(error);
        tracing::warn!(
            error,
            items = reservations,
            "reservations are not confirmed yet"
        );
    }
    fail::fail_point!("reserve.after_publish", |_| vec![false; count]);
    vec![confirmed.is_ok(); count]
}
