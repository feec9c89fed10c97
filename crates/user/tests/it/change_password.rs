use fault::Reason;
use proto::user::ChangePasswordRequest;
use tonic::Status;

use crate::support::{PASSWORD, Users, reason};

async fn change(users: &Users, token: &str, old: &str, new: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        old_password: old.to_owned(),
        new_password: new.to_owned(),
    };
    users
        .client
        .clone()
        .change_password(users.by(token, request))
        .await
        .map(|_| ())
}

#[tokio::test]
async fn every_session_ends() {
    let users = Users::open().await;
    let one = users.add("bobby").await;
    let other = users.login("bobby", PASSWORD).await.unwrap();
    let alice = users.add("alice").await;
    change(&users, &one.access_token, PASSWORD, "new password")
        .await
        .unwrap();
    let mut ended = users.revoked().await;
    ended.sort_unstable();
    let mine = [
        users.session(&one.access_token),
        users.session(&other.access_token),
    ];
    assert_eq!(ended, mine);
    assert_eq!(
        reason(users.refresh(&other.refresh_token).await),
        Reason::RefreshReused
    );
    users.refresh(&alice.refresh_token).await.unwrap();
    assert_eq!(
        reason(users.login("bobby", PASSWORD).await),
        Reason::WrongPassword
    );
    users.login("bobby", "new password").await.unwrap();
}

#[tokio::test]
async fn the_old_password_is_needed() {
    let users = Users::open().await;
    let token = users.add("bobby").await.access_token;
    let wrong = change(&users, &token, "wrong", "new password").await;
    assert_eq!(reason(wrong), Reason::WrongPassword);
    let short = change(&users, &token, PASSWORD, "short").await;
    assert_eq!(reason(short), Reason::UserParameter);
    for _ in 0..9 {
        let wrong = change(&users, &token, "wrong", "new password").await;
        assert_eq!(reason(wrong), Reason::WrongPassword);
    }
    let locked = change(&users, &token, PASSWORD, "new password").await;
    assert_eq!(reason(locked), Reason::LoginLocked);
    // Whoever holds a stolen token keeps the owner out of nothing.
    users.login("bobby", PASSWORD).await.unwrap();
    users.clock.advance_ms(60_000);
    let changed = change(&users, &token, PASSWORD, "new password").await;
    assert!(changed.is_ok(), "{changed:?}");
}

#[tokio::test]
async fn of_two_changes_at_once_one_counts() {
    let users = Users::open().await;
    let token = users.add("bobby").await.access_token;
    let (one, other) = tokio::join!(
        change(&users, &token, PASSWORD, "new one"),
        change(&users, &token, PASSWORD, "new other"),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let new = if one.is_ok() { "new one" } else { "new other" };
    users.login("bobby", new).await.unwrap();
}

#[tokio::test]
async fn the_old_one_is_no_new_one() {
    let users = Users::open().await;
    let one = users.add("bobby").await;
    let same = change(&users, &one.access_token, PASSWORD, PASSWORD).await;
    assert_eq!(reason(same), Reason::UserParameter);
    users.refresh(&one.refresh_token).await.unwrap();
}
