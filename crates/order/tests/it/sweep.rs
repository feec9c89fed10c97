use order::{
    LandOutcome,
    model::{CloseReason, State},
};
use proto::payment::OrderClosing;

use crate::support::{CLOSING, Event, PRICE_FEN, item, open, released};

const LAPSED: State = State::Closed {
    reason: CloseReason::Lapsed,
};
const LAPSING: State = State::Closing {
    reason: CloseReason::Lapsed,
};

#[tokio::test]
async fn an_unpaid_order_closes_when_its_time_is_over_and_is_released_once() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.clock.advance_ms(899_999);
    assert_eq!(world.app.sweep().await.unwrap(), 0);
    world.clock.advance_ms(1);
    assert_eq!(world.app.sweep().await.unwrap(), 1);
    assert_eq!(world.state(7).await, LAPSED);
    assert!(world.live().await.is_empty());
    assert_eq!(world.events().await, [released(7, 1, &[0, 1], 1)]);
    world.clock.advance_ms(10_000_000);
    assert_eq!(world.app.sweep().await.unwrap(), 0);
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn a_buyer_whose_order_closed_may_buy_again() {
    let world = open(10).await;
    let keyed = |order| crate::support::with_key(item(order, 1, "0:3"), "abc");
    world.land_one(keyed(7)).await;
    world.lapse().await;
    assert_eq!(world.land_one(keyed(8)).await, LandOutcome::Landed);
    assert!(!world.suspect().await);
}

/// A payment may have been made: payment is asked, and asked again when its answer is lost.
#[tokio::test]
async fn an_order_whose_payment_was_opened_asks_before_it_closes() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.allow(7, 1).await;
    world.lapse().await;
    assert_eq!(world.state(7).await, LAPSING);
    assert_eq!(
        world.live().await,
        [3, 4],
        "not free before payment says so"
    );
    let order_no = world.order(7).await.unwrap().no().to_string();
    let asked = [Event::Closing(OrderClosing {
        order_id: 7,
        order_no,
        user_id: 1,
        amount_fen: 2 * PRICE_FEN,
    })];
    assert_eq!(world.events().await, asked);
    world.clock.advance_ms(CLOSING.ask_again_ms as i64 - 1);
    world.app.sweep().await.unwrap();
    assert!(world.events().await.is_empty());
    world.clock.advance_ms(1);
    world.app.sweep().await.unwrap();
    assert_eq!(world.events().await, asked);

    world
        .app
        .payment_closed(crate::support::id(7))
        .await
        .unwrap();
    assert_eq!(world.state(7).await, LAPSED);
    assert_eq!(world.events().await, [released(7, 1, &[0, 1], 1)]);
}

#[tokio::test]
async fn a_paid_order_is_left_alone() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.allow(7, 1).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    world.lapse().await;
    assert!(matches!(world.state(7).await, State::Paid { .. }));
    assert!(world.events().await.is_empty());
}

/// Two replicas sweep at once: every order is claimed by one of them, and released once.
#[tokio::test]
async fn sweepers_share_the_work() {
    let world = open(1_000).await;
    let items: Vec<_> = (1..=400).map(|n| item(n, n, &format!("0:{n}"))).collect();
    world.land(&items).await;
    world.clock.advance_ms(900_000);
    let sweeps = (0..4).map(|_| {
        let app = world.app.clone();
        tokio::spawn(async move { app.sweep().await.unwrap() })
    });
    let swept = futures_util::future::join_all(sweeps).await;
    let swept: usize = swept.into_iter().map(Result::unwrap).sum();
    assert_eq!(swept, 400);
    assert!(world.live().await.is_empty());
    assert_eq!(world.events().await.len(), 400);
}

/// A sweeper that died after its claim: the lease runs out.
#[tokio::test]
async fn a_claim_runs_out() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.clock.advance_ms(900_000);
    let until_ms = world.now_ms() + CLOSING.lease_ms as i64;
    sqlx::query("UPDATE orders SET due_at_ms = ?, sweep_owner = 5 WHERE id = 7")
        .bind(until_ms)
        .execute(&world.pool)
        .await
        .unwrap();
    assert_eq!(world.app.sweep().await.unwrap(), 0);
    world.clock.advance_ms(CLOSING.lease_ms as i64);
    assert_eq!(world.app.sweep().await.unwrap(), 1);
    assert_eq!(world.state(7).await, LAPSED);
}

#[tokio::test]
async fn an_order_that_cannot_close_keeps_no_neighbour_open() {
    let world = open(10).await;
    world
        .land(&[item(7, 1, "0:3"), item(8, 2, "0:4"), item(9, 3, "0:5")])
        .await;
    sqlx::query("DELETE FROM sale_units WHERE unit_no = 4")
        .execute(&world.pool)
        .await
        .unwrap();
    world.lapse().await;
    assert_eq!(world.state(7).await, LAPSED);
    assert!(matches!(world.state(8).await, State::Pending { .. }));
    assert_eq!(world.state(9).await, LAPSED);
    assert_eq!(world.events().await.len(), 2);
}
