use fault::Reason;
use proto::user::RefreshRequest;

use crate::support::{Users, reason};

#[tokio::test]
async fn tokens_are_exchanged() {
    let users = Users::open().await;
    let first = users.add("bobby").await;
    users.clock.advance_ms(1_000);
    let second = users.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(second.account, first.account);
    assert_eq!(
        users.session(&second.access_token),
        users.session(&first.access_token)
    );
    assert_ne!(second.refresh_token, first.refresh_token);
    let third = users.refresh(&second.refresh_token).await.unwrap();
    users.refresh(&third.refresh_token).await.unwrap();
    assert!(users.revoked().await.is_empty());
}

#[tokio::test]
async fn a_spent_token_ends_its_session() {
    let users = Users::open().await;
    let first = users.add("bobby").await;
    let other_session = users
        .login("bobby", crate::support::PASSWORD)
        .await
        .unwrap();
    let second = users.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(
        reason(users.refresh(&first.refresh_token).await),
        Reason::RefreshReused
    );
    assert_eq!(users.revoked().await, [users.session(&first.access_token)]);
    assert_eq!(
        reason(users.refresh(&second.refresh_token).await),
        Reason::RefreshReused
    );
    users.refresh(&other_session.refresh_token).await.unwrap();
}

#[tokio::test]
async fn of_many_at_once_one_gets_new_tokens() {
    let users = Users::open().await;
    let token = users.add("bobby").await.refresh_token;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (mut client, refresh_token) = (users.client.clone(), token.clone());
            tokio::spawn(async move { client.refresh(RefreshRequest { refresh_token }).await })
        })
        .collect();
    let mut won = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => won += 1,
            refused => assert_eq!(reason(refused), Reason::RefreshReused),
        }
    }
    // None, when a loser ended the session before the winner had begun.
    assert!(won <= 1, "{won}");
    assert_eq!(users.revoked().await.len(), 1);
}

#[tokio::test]
async fn only_refresh_tokens_of_ours_count() {
    let users = Users::open().await;
    let signed_in = users.add("bobby").await;
    for token in [
        "",
        "x",
        "a.b.c",
        &signed_in.access_token,
        &"x".repeat(100_000),
    ] {
        assert_eq!(reason(users.refresh(token).await), Reason::TokenInvalid);
    }
    let mut altered = signed_in.refresh_token.clone();
    altered.replace_range(altered.len() - 2.., "__");
    assert_eq!(reason(users.refresh(&altered).await), Reason::TokenInvalid);
    users.refresh(&signed_in.refresh_token).await.unwrap();
}

#[tokio::test]
async fn refresh_tokens_end_after_a_week_unused() {
    let users = Users::open().await;
    let signed_in = users.add("bobby").await;
    users.clock.advance_ms(6 * 24 * 3_600_000);
    let refreshed = users.refresh(&signed_in.refresh_token).await.unwrap();
    users.clock.advance_ms(8 * 24 * 3_600_000);
    assert_eq!(
        reason(users.refresh(&refreshed.refresh_token).await),
        Reason::TokenExpired
    );
}

#[tokio::test]
async fn a_token_of_a_forgotten_session_is_spent() {
    let users = Users::open().await;
    let signed_in = users.add("bobby").await;
    users.execute("DELETE FROM sessions").await;
    assert_eq!(
        reason(users.refresh(&signed_in.refresh_token).await),
        Reason::RefreshReused
    );
}
