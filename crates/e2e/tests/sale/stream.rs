//! As the gateway calls it: one long stream of batches.

use futures_util::future::join_all;
use proto::seckill::{Outcome, ReserveBatch, ReserveItem, ReserveReply};

use crate::support::{BY_HAND, Shop};

fn item(activity_id: i64, user_id: i64, quantity: i32, key: &str) -> ReserveItem {
    ReserveItem {
        activity_id,
        user_id,
        quantity,
        request_key: key.to_owned(),
        ..ReserveItem::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_answered_in_the_order_of_its_items() {
    use Outcome::{BadQuantity, Limit, NotFound, Repeated, SoldOut, Won};
    let shop = Shop::open().await;
    let (one, other) = (shop.sale(2, 1).await, shop.sale(5, 2).await);
    let batch = |number| ReserveBatch {
        number,
        items: vec![
            item(one, 1, 1, ""),
            item(other, 1, 2, "k"),
            item(one, 2, 0, ""),
            item(one, 1, 1, ""),
            item(one, 3, 1, ""),
            item(99, 1, 1, ""),
            item(one, 4, 1, ""),
            item(other, 1, 1, "l"),
        ],
    };
    #[rustfmt::skip]
    let wanted = [
        [Won, Won, BadQuantity, Repeated, Won, NotFound, SoldOut, Limit],
        [Repeated, Repeated, BadQuantity, Repeated, Repeated, NotFound, SoldOut, Limit],
    ];
    let (sender, batches) = tokio::sync::mpsc::channel(2);
    let batches = tokio_stream::wrappers::ReceiverStream::new(batches);
    let replies = shop.seckill.clone().reserve_stream(batches).await.unwrap();
    let mut replies = replies.into_inner();
    for (number, wanted) in (41..).zip(wanted) {
        sender.send(batch(number)).await.unwrap();
        let reply = replies.message().await.unwrap().unwrap();
        assert_eq!(reply.number, number);
        let told: Vec<Outcome> = reply.replies.iter().map(ReserveReply::outcome).collect();
        assert_eq!(told, wanted);
        let order = |index: usize| reply.replies[index].accepted.as_ref().unwrap().order_id;
        assert_eq!(order(0), order(3), "twice in one batch is one order");
    }
    shop.landed(one, 2).await;
    shop.landed(other, 2).await;
}

/// One script serves some hundred buyers, or one; a call brings more.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_at_once_get_each_unit_once_with_batching_and_without() {
    for batching in [true, false] {
        let change = |config: &mut seckill::Config| config.reserve.batching = batching;
        let shop = Shop::open_as(
            &BY_HAND,
            &[service::Role::Grpc, service::Role::Events],
            change,
        );
        let shop = shop.await;
        let sale = shop.sale(90, 1).await;
        let items = |from: i64| {
            (from..from + 700)
                .map(|user| item(sale, user, 1, ""))
                .collect()
        };
        let both = [shop.app.reserve(items(1)), shop.app.reserve(items(351))];
        let told = join_all(both).await.concat();
        let count = |wanted| told.iter().filter(|told| told.outcome() == wanted).count();
        let repeated = count(Outcome::Repeated);
        assert_eq!(count(Outcome::Won), 90, "batching {batching}");
        assert_eq!(
            90 + repeated + count(Outcome::SoldOut),
            1_400,
            "batching {batching}"
        );
        shop.landed(sale, 90).await;
        assert!(shop.live(sale).await.keys().copied().eq(1..=90));
    }
}
