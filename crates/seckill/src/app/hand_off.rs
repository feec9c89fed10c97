use mq::{Outgoing, Publisher};
use proto::order::{Reserved, ReservedItem};

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
