use fault::Reason;
use futures_util::future::join_all;
use proto::payment::{Channel, State, refund_view};

use crate::{
    support::{LIMIT, Shop, reason, until},
    trading::Trading,
};

#[tokio::test]
async fn two_at_once_never_give_back_more_than_was_paid() {
    let world = Trading::open(|_| {}).await;
    let purses = world.purses();
    let (order, payment) = world.paid().await;
    let no = payment.payment_no.as_str();
    // 990 were paid: three times 300 fit.
    let keys: Vec<_> = (0..10).map(|n| format!("part{n}")).collect();
    let asks = keys.iter().map(|key| purses.refund(no, 300, key));
    let answers = join_all(asks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refused), Reason::RefundAboveRest);
    }
    testkit::eventually(LIMIT, || async {
        world.clock.advance_ms(2_000);
        world.get(7, no).await.unwrap().refunded_fen == 900
    })
    .await;
    assert_eq!(world.get(7, no).await.unwrap().state(), State::Paid);
    assert!(world.heard.refunded(&order).is_empty());
    // The rest, and then the order hears of it.
    let rest = purses.refund(no, 0, "rest").await.unwrap();
    assert_eq!(rest.amount_fen, 90);
    testkit::eventually(LIMIT, || async {
        world.clock.advance_ms(2_000);
        world.get(7, no).await.unwrap().state() == State::Refunded
    })
    .await;
    until(|| world.heard.refunded(&order).len() == 1).await;
    assert_eq!(
        reason(&purses.refund(no, 1, "more").await.unwrap_err()),
        Reason::RefundAboveRest
    );
    assert_eq!(world.company.count(no, "refund.taken_up").await, 4);
    purses.are_exact().await;
    world.close_down().await;
}

#[tokio::test]
async fn the_same_key_is_the_same_refund() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let purses = shop.purses();
    let order = shop.order_of(7, 990);
    let unpaid = shop.order_of(8, 990);
    let paid = shop.mock_pay(&order).await.unwrap();
    let no = paid.payment_no.as_str();
    let answers = join_all((0..6).map(|_| purses.refund(no, 400, "one"))).await;
    let numbers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().refund_no)
        .collect();
    assert!(numbers.iter().all(|number| *number == numbers[0]));
    assert_eq!(
        reason(&purses.refund(no, 401, "one").await.unwrap_err()),
        Reason::IdempotencyKeyReused
    );
    assert_eq!(
        reason(&purses.refund(no, 991, "big").await.unwrap_err()),
        Reason::RefundAboveRest
    );
    assert_eq!(
        reason(&purses.refund(&unpaid.order_no, 1, "x").await.unwrap_err()),
        Reason::PaymentNotFound
    );
    purses.refund(no, -1, "minus").await.unwrap_err();
    let view = shop.get(7, no).await.unwrap();
    assert_eq!((view.reserved_fen, view.refunded_fen), (400, 400));
    assert_eq!(view.refund.unwrap().state(), refund_view::State::Succeeded);
    purses.are_exact().await;
    shop.close_down().await;
}

#[tokio::test]
async fn a_top_up_goes_back_as_far_as_it_was_not_spent() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let purses = shop.purses();
    let paid = purses.top_up(7, 1_000, "t", Channel::Mock).await.unwrap();
    purses.transfer(7, 8, 600, "gone").await.unwrap();
    assert_eq!(
        reason(&purses.refund(&paid.payment_no, 0, "all").await.unwrap_err()),
        Reason::BalanceTooLittle
    );
    purses.refund(&paid.payment_no, 400, "rest").await.unwrap();
    assert_eq!(purses.available(7).await, 0);
    purses.are_exact().await;
    shop.close_down().await;
}
