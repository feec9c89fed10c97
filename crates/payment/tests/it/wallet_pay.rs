use fault::Reason;
use futures_util::future::join_all;
use proto::{
    order::OrderView,
    payment::{Channel, CreateRequest, PaymentView, Purpose, State, refund_view},
};
use tonic::{Response, Status};

use crate::{
    support::{LIMIT, Shop, principal, reason, until},
    trading::Trading,
};

async fn pay(shop: &Shop, user: i64, order: &OrderView) -> Result<PaymentView, Status> {
    let message = CreateRequest {
        purpose: Purpose::Order.into(),
        subject: order.order_no.clone(),
        channel: Channel::Wallet.into(),
    };
    let request = auth::request(&principal(user), message);
    shop.client
        .clone()
        .create(request)
        .await
        .map(Response::into_inner)
}

#[tokio::test]
async fn a_top_up_through_wechat_becomes_balance_once() {
    let world = Trading::open(|_| {}).await;
    let purses = world.purses();
    let open = || purses.top_up(7, 5_000, "first", Channel::WechatNative);
    let payment = open().await.unwrap();
    assert_eq!(payment.state(), State::Pending);
    assert_eq!(open().await.unwrap().payment_no, payment.payment_no);
    assert_eq!(
        reason(
            &purses
                .top_up(7, 5_001, "first", Channel::WechatNative)
                .await
                .unwrap_err()
        ),
        Reason::IdempotencyKeyReused
    );
    assert!(world.company.scan_and_pay(&payment.code_url).await);
    testkit::eventually(LIMIT, || async { purses.available(7).await == 5_000 }).await;
    assert_eq!(open().await.unwrap().state(), State::Paid);
    assert_eq!(purses.available(7).await, 5_000);
    for (fen, key) in [(0, "a"), (5_000_001, "a"), (1, ""), (1, "a b")] {
        purses
            .top_up(7, fen, key, Channel::WechatNative)
            .await
            .unwrap_err();
    }
    purses.top_up(7, 1, "a", Channel::Wallet).await.unwrap_err();
    purses.are_exact().await;
    world.close_down().await;
}

#[tokio::test]
async fn an_order_is_paid_from_the_balance_once_and_goes_back_there() {
    let shop = Shop::open(|_| {}).await;
    let purses = shop.purses();
    let order = shop.order_of(7, 990);
    assert_eq!(
        reason(&pay(&shop, 7, &order).await.unwrap_err()),
        Reason::BalanceTooLittle
    );
    assert_eq!(shop.count("SELECT COUNT(*) FROM payments").await, 0);
    purses.adjust(7, 2_000, "start").await.unwrap();
    let answers = join_all((0..8).map(|_| pay(&shop, 7, &order))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let paid = answers.into_iter().find_map(Result::ok).unwrap();
    assert_eq!(
        (paid.state(), paid.channel()),
        (State::Paid, Channel::Wallet)
    );
    assert_eq!(purses.available(7).await, 1_010);
    until(|| shop.heard.paid(&order).len() == 1).await;

    shop.say_refund_due(&order, &paid.payment_no).await;
    let back = shop.comes_to(&paid, State::Refunded).await;
    assert_eq!(back.refund.unwrap().state(), refund_view::State::Succeeded);
    assert_eq!(purses.available(7).await, 2_000);
    until(|| shop.heard.refunded(&order).len() == 1).await;
    purses.are_exact().await;
    shop.close_down().await;
}

#[tokio::test]
async fn a_qr_code_is_closed_before_the_balance_pays() {
    let world = Trading::open(|_| {}).await;
    let purses = world.purses();
    purses.adjust(7, 2_000, "start").await.unwrap();
    let (order, waiting) = world.pending().await;
    let paid = pay(&world, 7, &order).await.unwrap();
    assert_eq!(paid.channel(), Channel::Wallet);
    assert!(!world.company.scan_and_pay(&waiting.code_url).await);
    purses.are_exact().await;
    world.close_down().await;
}
