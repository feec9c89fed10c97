use fault::Reason;
use proto::payment::{Channel, RefundDue, State, refund_view};

use crate::{
    support::{Shop, reason, until},
    trading::Trading,
};

#[tokio::test]
async fn it_is_off_by_default() {
    let shop = Shop::open(|_| {}).await;
    let order = shop.order_of(7, 990);
    assert_eq!(
        reason(&shop.mock_pay(&order).await.unwrap_err()),
        Reason::NoPaymentMethod
    );
    // Nor is there a contract with WeChat.
    assert_eq!(
        reason(&shop.create(&order).await.unwrap_err()),
        Reason::NoPaymentMethod
    );
    shop.close_down().await;
}

#[tokio::test]
async fn it_pays_once_through_the_same_doors() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let paid = shop.mock_pay(&order).await.unwrap();
    assert_eq!(
        (paid.state(), paid.channel(), paid.amount_fen),
        (State::Paid, Channel::Mock, 990)
    );
    until(|| shop.heard.paid(&order).len() == 1).await;
    let heard = &shop.heard.paid(&order)[0];
    assert_eq!(
        (heard.payment_no.as_str(), heard.amount_fen),
        (paid.payment_no.as_str(), 990)
    );

    assert_eq!(
        reason(&shop.mock_pay(&order).await.unwrap_err()),
        Reason::OrderPaid
    );
    assert_eq!(shop.count("SELECT COUNT(*) FROM payments").await, 1);
    shop.close_down().await;
}

#[tokio::test]
async fn many_at_once_pay_once() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let pays = (0..16).map(|_| shop.mock_pay(&order));
    let answers = futures_util::future::join_all(pays).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refused), Reason::OrderPaid);
    }
    shop.close_down().await;
}

#[tokio::test]
async fn what_order_refuses_passes_through() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    for refusal in [Reason::OrderState, Reason::OrderExpired, Reason::OrderPaid] {
        shop.order.refuse(&order.order_no, refusal);
        assert_eq!(reason(&shop.mock_pay(&order).await.unwrap_err()), refusal);
    }
    let foreign = shop.order_of(8, 990);
    let mine = proto::order::OrderView {
        user_id: 7,
        ..foreign
    };
    assert_eq!(
        reason(&shop.mock_pay(&mine).await.unwrap_err()),
        Reason::OrderNotFound
    );
    shop.close_down().await;
}

#[tokio::test]
async fn anothers_payment_is_not_there() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let paid = shop.mock_pay(&shop.order_of(7, 990)).await.unwrap();
    assert_eq!(shop.get(7, &paid.payment_no).await.unwrap(), paid);
    let foreign = shop.get(8, &paid.payment_no).await.unwrap_err();
    let invented = shop.get(7, "PAY20260101000000000001").await.unwrap_err();
    let nonsense = shop.get(7, "PAYx").await.unwrap_err();
    for refused in [foreign, invented, nonsense] {
        assert_eq!(reason(&refused), Reason::PaymentNotFound);
    }
    shop.close_down().await;
}

#[tokio::test]
async fn the_money_goes_back_once() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let paid = shop.mock_pay(&order).await.unwrap();
    shop.say_refund_due(&order, &paid.payment_no).await;
    until(|| shop.heard.refunded(&order).len() == 1).await;
    let view = shop.get(7, &paid.payment_no).await.unwrap();
    let refund = view.refund.clone().unwrap();
    assert_eq!(view.state(), State::Refunded);
    assert_eq!(
        (refund.state(), refund.amount_fen),
        (refund_view::State::Succeeded, 990)
    );

    // Asked again, it says again how it went.
    shop.say_refund_due(&order, &paid.payment_no).await;
    until(|| shop.heard.refunded(&order).len() == 2).await;
    assert_eq!(shop.heard.refunded(&order)[1].refund_no, refund.refund_no);
    assert_eq!(shop.count("SELECT COUNT(*) FROM refunds").await, 1);
    shop.close_down().await;
}

#[tokio::test]
async fn a_refund_of_nothing_is_a_dead_letter() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let paid = shop.mock_pay(&order).await.unwrap();
    let other = shop.order_of(7, 990);
    shop.say_refund_due(&other, &paid.payment_no).await;
    testkit::eventually(crate::support::LIMIT, || async {
        shop.dead::<RefundDue>().await == 1
    })
    .await;
    assert_eq!(
        shop.get(7, &paid.payment_no).await.unwrap().state(),
        State::Paid
    );
    shop.close_down().await;
}

#[tokio::test]
async fn what_is_open_at_the_company_is_closed_there_first() {
    let world = Trading::open(|config| config.pay.mock = true).await;
    let (order, open) = world.pending().await;
    let paid = world.mock_pay(&order).await.unwrap();
    assert_eq!((paid.state(), paid.channel()), (State::Paid, Channel::Mock));
    assert!(!world.company.scan_and_pay(&open.code_url).await);
    until(|| world.heard.paid(&order).len() == 1).await;

    // Paid there already: nobody pays twice.
    let (order, open) = world.pending().await;
    assert!(world.company.scan_and_pay(&open.code_url).await);
    let refused = world.mock_pay(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::OrderPaid);

    // Not known: nobody pays until it is.
    let (order, open) = world.pending().await;
    world
        .company
        .fault("query", &open.payment_no, "system_error", 100)
        .await;
    let refused = world.mock_pay(&order).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PaymentCreateFailed);
    world.close_down().await;
}
