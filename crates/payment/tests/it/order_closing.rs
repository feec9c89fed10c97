use fault::Reason;
use mq::Outgoing;

use crate::support::{Shop, closing, reason, until};

#[tokio::test]
async fn an_order_without_payment_is_closed_for_good() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let message = Outgoing::of(&closing(&order));
    shop.send(message.clone()).await;
    until(|| shop.heard.closed(&order).len() == 1).await;
    assert_eq!(shop.heard.closed(&order)[0].payment_no, "");

    // A late caller, whom order had allowed it before, meets the tombstone.
    assert_eq!(
        reason(&shop.mock_pay(&order).await.unwrap_err()),
        Reason::PaymentClosed
    );
    // It is no payment that anybody can see.
    assert_eq!(
        reason(&shop.synced(&order).await.unwrap_err()),
        Reason::PaymentNotFound
    );

    // The same message again says nothing; a new question is answered again.
    shop.send(message).await;
    shop.say_closing(&order).await;
    until(|| shop.heard.closed(&order).len() == 2).await;
    assert_eq!(shop.count("SELECT COUNT(*) FROM payments").await, 1);
    shop.close_down().await;
}

#[tokio::test]
async fn a_paid_order_is_answered_with_its_payment() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let order = shop.order_of(7, 990);
    let paid = shop.mock_pay(&order).await.unwrap();
    until(|| shop.heard.paid(&order).len() == 1).await;
    shop.say_closing(&order).await;
    until(|| shop.heard.paid(&order).len() == 2).await;
    assert_eq!(shop.heard.paid(&order)[1].payment_no, paid.payment_no);
    assert!(shop.heard.closed(&order).is_empty());
    shop.close_down().await;
}

#[tokio::test]
async fn paying_and_closing_at_once_ends_with_one_of_them() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    for _ in 0..8 {
        let order = shop.order_of(7, 990);
        let (paid, ()) = tokio::join!(shop.mock_pay(&order), shop.say_closing(&order));
        match paid {
            Ok(_) => {
                until(|| !shop.heard.paid(&order).is_empty()).await;
                assert!(shop.heard.closed(&order).is_empty());
            }
            Err(refused) => {
                assert_eq!(reason(&refused), Reason::PaymentClosed);
                until(|| !shop.heard.closed(&order).is_empty()).await;
                assert!(shop.heard.paid(&order).is_empty());
            }
        }
    }
    shop.close_down().await;
}
