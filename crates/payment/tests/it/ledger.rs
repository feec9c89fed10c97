use fault::Reason;
use futures_util::future::join_all;
use proto::payment::Channel;

use crate::{
    purse::Purses,
    storm::storm,
    support::{Shop, reason},
};

#[tokio::test]
async fn whatever_many_hands_do_at_once_the_books_say_what_was_answered() {
    let shop = Shop::open(|_| {}).await;
    let replica = shop.replica().await;
    let other = format!("http://{}", replica.grpc.unwrap());
    let hands = [shop.purses(), Purses::at(&other, &shop.config.fleet)];
    storm(&hands, 7).await;
    drop(replica);
    shop.close_down().await;
}

#[tokio::test]
async fn a_hundred_transfers_out_of_one_account_stop_at_zero() {
    let shop = Shop::open(|_| {}).await;
    let purses = shop.purses();
    purses.adjust(1, 1_000, "start").await.unwrap();
    let moves = (0..100).map(|n| {
        let purses = purses.clone();
        async move { purses.transfer(1, 2 + n % 5, 30, &format!("k{n}")).await }
    });
    let answers = join_all(moves).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 33);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refused), Reason::BalanceTooLittle);
    }
    assert_eq!(purses.available(1).await, 10);
    purses.are_exact().await;
    shop.close_down().await;
}

#[tokio::test]
async fn a_transfer_is_made_once_under_its_key_and_within_its_bounds() {
    let shop = Shop::open(|_| {}).await;
    let purses = shop.purses();
    purses.adjust(1, 5_000_000, "start").await.unwrap();
    let moves = (0..20).map(|_| purses.transfer(1, 2, 500, "one"));
    let answers = join_all(moves).await;
    let first = |answer: &Result<_, _>| matches!(answer, Ok(view) if !repeated(view));
    assert_eq!(answers.iter().filter(|answer| first(answer)).count(), 1);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(purses.available(2).await, 500);

    let refusals = [
        (
            purses.transfer(1, 2, 501, "one").await,
            Reason::IdempotencyKeyReused,
        ),
        (purses.transfer(1, 1, 5, "self").await, Reason::SameAccount),
        (purses.transfer(1, 2, 0, "zero").await, Reason::AmountRange),
        (
            purses.transfer(1, 2, -5, "minus").await,
            Reason::AmountRange,
        ),
        (
            purses.transfer(1, 2, 1_000_001, "much").await,
            Reason::AmountRange,
        ),
        (
            purses.transfer(1, 0, 5, "nobody").await,
            Reason::AccountNotFound,
        ),
        (purses.transfer(1, 2, 5, "").await, Reason::PaymentParameter),
        (
            purses.transfer(3, 2, 5, "poor").await,
            Reason::BalanceTooLittle,
        ),
    ];
    for (answer, wanted) in refusals {
        assert_eq!(reason(&answer.unwrap_err()), wanted);
    }
    // What was refused for want of money can be asked again under its key.
    purses.adjust(3, 5, "rich").await.unwrap();
    purses.transfer(3, 2, 5, "poor").await.unwrap();
    purses.are_exact().await;
    shop.close_down().await;
}

fn repeated(view: &proto::payment::TransferView) -> bool {
    view.repeated
}

#[tokio::test]
async fn holds_are_charged_once_and_given_back_once() {
    let shop = Shop::open(|_| {}).await;
    let purses = shop.purses();
    purses.adjust(1, 1_000, "start").await.unwrap();
    purses.hold(1, 300, "a").await.unwrap();
    assert_eq!(purses.hold(1, 999, "a").await.unwrap().amount_fen, 300);
    let balance = purses.balance(1).await;
    assert_eq!((balance.available_fen, balance.held_fen), (700, 300));

    // Less than was held: the rest is back. A repeat answers with what was charged.
    assert_eq!(purses.capture(1, 200, "a").await.unwrap().captured_fen, 200);
    assert_eq!(purses.capture(1, 250, "a").await.unwrap().captured_fen, 200);
    assert_eq!(purses.available(1).await, 800);
    assert_eq!(
        reason(&purses.release(1, "a").await.unwrap_err()),
        Reason::HoldSettled
    );
    // More than was held comes from the balance, and never below zero.
    purses.hold(1, 300, "b").await.unwrap();
    assert_eq!(
        reason(&purses.capture(1, 900, "b").await.unwrap_err()),
        Reason::BalanceTooLittle
    );
    purses.capture(1, 400, "b").await.unwrap();
    assert_eq!(purses.available(1).await, 400);
    // Without a hold the balance is charged.
    purses.capture(1, 100, "c").await.unwrap();
    purses.hold(1, 300, "d").await.unwrap();
    purses.release(1, "d").await.unwrap();
    purses.release(1, "d").await.unwrap();
    let balance = purses.balance(1).await;
    assert_eq!((balance.available_fen, balance.held_fen), (300, 0));
    assert_eq!(
        reason(&purses.hold(1, 301, "e").await.unwrap_err()),
        Reason::BalanceTooLittle
    );
    assert_eq!(
        reason(&purses.capture(1, 0, "none").await.unwrap_err()),
        Reason::HoldNotFound
    );
    purses.are_exact().await;
    shop.close_down().await;
}

#[tokio::test]
async fn the_history_has_every_movement_once_and_adds_up() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let purses = shop.purses();
    purses.top_up(1, 1_000, "t1", Channel::Mock).await.unwrap();
    for n in 0..5 {
        let key = format!("k{n}");
        purses.transfer(1, 2, 10 + n, &key).await.unwrap();
    }
    let mut entries = Vec::new();
    let mut before = 0;
    loop {
        let page = purses.entries(1, before, 4).await;
        entries.extend(page.entries);
        before = page.next_before;
        if before == 0 {
            break;
        }
    }
    assert_eq!(entries.len(), 6);
    assert_eq!(entries[0].balance_after_fen, purses.available(1).await);
    for two in entries.windows(2) {
        assert_eq!(two[0].seq, two[1].seq + 1);
        let before_fen = two[0].balance_after_fen - two[0].amount_fen;
        assert_eq!(before_fen, two[1].balance_after_fen);
    }
    assert_eq!(entries[5].kind, "top_up");
    assert_eq!(purses.entries(3, 0, 4).await.entries, []);
    shop.close_down().await;
}

#[tokio::test]
async fn an_audit_finds_what_somebody_changed() {
    let shop = Shop::open(|config| config.pay.mock = true).await;
    let purses = shop.purses();
    purses.top_up(1, 1_000, "t1", Channel::Mock).await.unwrap();
    purses.transfer(1, 2, 10, "k").await.unwrap();
    let order = shop.order_of(7, 990);
    shop.mock_pay(&order).await.unwrap();
    purses.are_exact().await;
    for (spoil, mend) in [
        (
            "UPDATE accounts SET balance_fen = balance_fen + 1 WHERE kind = 'user' AND owner = 1",
            "UPDATE accounts SET balance_fen = balance_fen - 1 WHERE kind = 'user' AND owner = 1",
        ),
        (
            "UPDATE entries SET amount_fen = amount_fen + 1 WHERE amount_fen = 10",
            "UPDATE entries SET amount_fen = amount_fen - 1 WHERE amount_fen = 11",
        ),
        (
            "UPDATE payments SET amount_fen = 991 WHERE amount_fen = 990",
            "UPDATE payments SET amount_fen = 990 WHERE amount_fen = 991",
        ),
        (
            "UPDATE journals SET idempotency_key = CONCAT('x', idempotency_key)
             WHERE kind = 'payment'",
            "UPDATE journals SET idempotency_key = SUBSTR(idempotency_key, 2)
             WHERE kind = 'payment'",
        ),
    ] {
        let changed = sqlx::query(spoil).execute(&shop.pool).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "{spoil}");
        assert!(purses.verify().await.differences > 0, "{spoil}");
        sqlx::query(mend).execute(&shop.pool).await.unwrap();
        purses.are_exact().await;
    }
    shop.close_down().await;
}
