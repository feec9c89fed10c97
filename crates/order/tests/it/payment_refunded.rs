use order::{Handled, model::State};

use crate::support::{PRICE_FEN, admin, id, item, open, payment};

#[tokio::test]
async fn a_refund_ends_when_its_own_money_is_back() {
    let world = open(10).await;
    world.land_one(item(7, 1, "0:3")).await;
    world.pay(7, "PAY1", PRICE_FEN).await;
    world.pay(7, "PAY2", PRICE_FEN).await;
    let refunded = async |no| {
        let handled = world
            .app
            .payment_refunded(id(7), &payment(no).no)
            .await
            .unwrap();
        assert_eq!(handled, Handled::Done);
        world.state(7).await
    };
    assert!(
        matches!(refunded("PAY2").await, State::Paid { .. }),
        "the second payment's refund"
    );
    world.app.refund_order(&admin(), id(7), "").await.unwrap();
    assert!(matches!(refunded("PAY2").await, State::Refunding { .. }));
    assert_eq!(
        refunded("PAY1").await,
        State::Refunded {
            payment: payment("PAY1")
        }
    );
    assert_eq!(
        refunded("PAY1").await,
        State::Refunded {
            payment: payment("PAY1")
        }
    );
}

#[tokio::test]
async fn an_unknown_order_is_dead() {
    let world = open(10).await;
    let handled = world
        .app
        .payment_refunded(id(7), &payment("PAY1").no)
        .await
        .unwrap();
    assert!(matches!(handled, Handled::Dead(_)));
}
