use order::{Handled, model::State};
use proto::payment::RefundDue;

use crate::support::{Event, PRICE_FEN, id, item, open, payment, received, released};

fn due(order: i64, order_no: &str, no: &str, events: &[Event]) {
    let [
        Event::RefundDue(RefundDue {
            order_id,
            order_no: named,
            payment_no,
            reason,
        }),
    ] = events
    else {
        panic!("{events:?}");
    };
    assert_eq!(
        (*order_id, named.as_str(), payment_no.as_str()),
        (order, order_no, no)
    );
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn a_payment_pays_its_order_once() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3,1:4")).await;
    world.allow(7, 1).await;
    for _ in 0..2 {
        assert_eq!(world.pay(7, "PAY1", 2 * PRICE_FEN).await, Handled::Done);
        assert_eq!(
            world.state(7).await,
            State::Paid {
                payment: payment("PAY1")
            }
        );
    }
    assert!(world.events().await.is_empty());
    assert_eq!(world.live().await, [3, 4]);
}

#[tokio::test]
async fn a_second_payment_goes_back() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    assert_eq!(world.pay(7, "PAY2", PRICE_FEN).await, Handled::Done);
    assert_eq!(
        world.state(7).await,
        State::Paid {
            payment: payment("PAY1")
        }
    );
    due(
        7,
        &world.order(7).await.unwrap().no().to_string(),
        "PAY2",
        &world.events().await,
    );
}

#[tokio::test]
async fn a_closing_order_that_was_paid_after_all_is_paid() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.allow(7, 1).await;
    world.lapse().await;
    assert_eq!(world.pay(7, "PAY1", PRICE_FEN).await, Handled::Done);
    assert!(matches!(world.state(7).await, State::Paid { .. }));
    // The answer that crossed it changes nothing.
    world.app.payment_closed(id(7)).await.unwrap();
    assert!(matches!(world.state(7).await, State::Paid { .. }));
    assert_eq!(world.live().await, [3]);
}

#[tokio::test]
async fn money_for_a_closed_order_goes_back_once_per_message() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.lapse().await;
    assert_eq!(world.events().await, [released(7, 1, &[0], 1)]);
    let late = received(7, "PAY1", PRICE_FEN);
    for _ in 0..2 {
        assert_eq!(world.app.payment_paid(&late).await.unwrap(), Handled::Done);
    }
    due(
        7,
        &world.order(7).await.unwrap().no().to_string(),
        "PAY1",
        &world.events().await,
    );
    assert!(matches!(world.state(7).await, State::Closed { .. }));
}

#[tokio::test]
async fn money_for_a_refused_order_goes_back() {
    let world = open(10).await;
    world.land(&[item(7, 1, "0:3")]).await;
    world.land(&[item(8, 2, "0:3")]).await;
    world.pay(8, "PAY1", PRICE_FEN).await;
    due(
        8,
        &world.order(8).await.unwrap().no().to_string(),
        "PAY1",
        &world.events().await,
    );
}

#[tokio::test]
async fn another_amount_does_not_pay_and_goes_back() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.allow(7, 1).await;
    for fen in [PRICE_FEN - 1, PRICE_FEN + 1] {
        assert!(matches!(world.pay(7, "PAY1", fen).await, Handled::Dead(_)));
        assert!(matches!(world.state(7).await, State::Pending { .. }));
        due(
            7,
            &world.order(7).await.unwrap().no().to_string(),
            "PAY1",
            &world.events().await,
        );
    }
}

#[tokio::test]
async fn one_payment_pays_one_order() {
    let world = open(10).await;
    world.land(&[item(7, 1, "0:3"), item(8, 1, "1:4")]).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    assert!(matches!(
        world.pay(8, "PAY1", PRICE_FEN).await,
        Handled::Dead(_)
    ));
    assert!(matches!(world.state(8).await, State::Pending { .. }));
    assert!(matches!(
        world.pay(9, "PAY3", PRICE_FEN).await,
        Handled::Dead(_)
    ));
}

/// In either order: paid orders stay, and money for closed ones goes back.
#[tokio::test]
async fn paying_races_closing() {
    let world = open(100).await;
    let items: Vec<_> = (1..=40).map(|n| item(n, n, &format!("0:{n}"))).collect();
    world.land(&items).await;
    for n in 1..=40 {
        world.allow(n, n).await;
    }
    world.lapse().await;
    world.events().await;
    let races = (1..=40).map(|n| {
        let app = world.app.clone();
        tokio::spawn(async move {
            let paid = received(n, &format!("PAY{n}"), PRICE_FEN);
            let (paid, closed) = tokio::join!(app.payment_paid(&paid), app.payment_closed(id(n)));
            assert_eq!(
                (paid.unwrap(), closed.unwrap()),
                (Handled::Done, Handled::Done)
            );
        })
    });
    for race in futures_util::future::join_all(races).await {
        race.unwrap();
    }
    let mut refunds = 0;
    let mut releases = 0;
    for event in world.events().await {
        match event {
            Event::RefundDue(_) => refunds += 1,
            Event::Released(_) => releases += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refunds, releases, "a closed order's money goes back");
    assert_eq!(world.live().await.len(), 40 - releases);
}
