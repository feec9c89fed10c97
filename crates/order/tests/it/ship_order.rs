//! Sending what a sale sold. Ordinary orders are sent in e2e's `shop`.

use fault::{Fault, Reason};
use order::Parcel;

use crate::support::{PRICE_FEN, World, admin, buyer, id, item, open};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

async fn paid() -> World {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    world
}

fn parcel(no: &str) -> Parcel {
    Parcel::new("顺丰", no).unwrap()
}

async fn confirmed(world: &World) -> Option<bool> {
    let found = world.app.shipments(&[7]).await.unwrap();
    found.get(&id(7)).map(|sent| sent.confirmed_at_ms > 0)
}

#[tokio::test]
async fn a_paid_order_is_sent_once_and_its_buyer_confirms() {
    let world = paid().await;
    let early = world.app.confirm_order(&buyer(1), id(7)).await;
    assert_eq!(early.unwrap_err().reason(), Reason::OrderState);
    for _ in 0..2 {
        let sent = world.app.ship_order(&admin(), id(7), &parcel("SF1")).await;
        sent.unwrap();
    }
    let other = world.app.ship_order(&admin(), id(7), &parcel("SF2")).await;
    assert_eq!(other.unwrap_err().reason(), Reason::OrderState);
    let stranger = world.app.confirm_order(&buyer(2), id(7)).await;
    assert_eq!(stranger.unwrap_err().reason(), Reason::OrderNotFound);
    assert_eq!(confirmed(&world).await, Some(false));
    for _ in 0..2 {
        world.app.confirm_order(&buyer(1), id(7)).await.unwrap();
        assert_eq!(confirmed(&world).await, Some(true));
    }
    let log = world.app.order_log(&buyer(1), id(7)).await.unwrap();
    let steps: Vec<_> = log
        .iter()
        .map(|entry| (entry.step.as_str(), entry.detail.as_str(), entry.user_id))
        .collect();
    assert_eq!(
        steps,
        [("shipped", "顺丰 SF1", 1_000_000), ("completed", "", 1)]
    );
}

#[tokio::test]
async fn what_was_sent_arrives_by_itself() {
    let world = paid().await;
    let sent = world.app.ship_order(&admin(), id(7), &parcel("SF1")).await;
    sent.unwrap();
    world.clock.advance_ms(10 * DAY_MS - 1);
    assert_eq!(world.app.sweep_retail().await.unwrap(), 0);
    world.clock.advance_ms(1);
    assert_eq!(world.app.sweep_retail().await.unwrap(), 1);
    assert_eq!(confirmed(&world).await, Some(true));
    assert_eq!(world.app.sweep_retail().await.unwrap(), 0);
}

#[tokio::test]
async fn only_what_is_paid_is_sent_and_what_is_sent_is_not_sold_again() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    let unpaid = world.app.ship_order(&admin(), id(7), &parcel("SF1")).await;
    assert_eq!(unpaid.unwrap_err().reason(), Reason::OrderState);
    let unknown = world.app.ship_order(&admin(), id(8), &parcel("SF1")).await;
    assert_eq!(unknown.unwrap_err().reason(), Reason::OrderNotFound);
    world.pay(7, "PAY1", PRICE_FEN).await;
    let sent = world.app.ship_order(&admin(), id(7), &parcel("SF1")).await;
    sent.unwrap();
    let refused = world.app.refund_order(&admin(), id(7), "").await;
    assert_eq!(refused.unwrap_err().reason(), Reason::OrderState);
    assert_eq!(world.live().await, [3]);
    assert!(Parcel::new("", "SF1").is_err() && Parcel::new("顺丰", "\n").is_err());
}
