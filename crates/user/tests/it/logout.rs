use auth::Principal;
use fault::Reason;
use proto::user::LogoutRequest;

use crate::support::{PASSWORD, Users, reason};

#[tokio::test]
async fn a_session_ends_and_the_others_go_on() {
    let users = Users::open().await;
    let one = users.add("bobby").await;
    let other = users.login("bobby", PASSWORD).await.unwrap();
    for _ in 0..2 {
        let request = users.by(&one.access_token, LogoutRequest {});
        users.client.clone().logout(request).await.unwrap();
    }
    assert_eq!(users.revoked().await, [users.session(&one.access_token)]);
    assert_eq!(
        reason(users.refresh(&one.refresh_token).await),
        Reason::RefreshReused
    );
    users.refresh(&other.refresh_token).await.unwrap();
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let users = Users::open().await;
    let mine = users
        .claims(&users.add("bobby").await.access_token)
        .principal;
    let theirs = users
        .claims(&users.add("alice").await.access_token)
        .principal;
    let mixed = Principal {
        session: theirs.session,
        ..mine
    };
    users
        .client
        .clone()
        .logout(auth::request(&mixed, LogoutRequest {}))
        .await
        .unwrap();
    assert!(users.revoked().await.is_empty());
    assert_eq!(
        reason(users.client.clone().logout(LogoutRequest {}).await),
        Reason::NotLoggedIn
    );
}
