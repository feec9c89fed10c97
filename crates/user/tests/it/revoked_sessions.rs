use clock::Clock;
use proto::user::{LogoutRequest, RevokedSessionsRequest, RevokedSessionsResponse};

use crate::support::Users;

async fn revoked(users: &Users, since_ms: i64) -> RevokedSessionsResponse {
    let request = RevokedSessionsRequest { since_ms };
    users
        .client
        .clone()
        .revoked_sessions(request)
        .await
        .unwrap()
        .into_inner()
}

/// Signs an account in and out; answers its session.
async fn end_one(users: &Users, username: &str) -> i64 {
    let token = users.add(username).await.access_token;
    users
        .client
        .clone()
        .logout(users.by(&token, LogoutRequest {}))
        .await
        .unwrap();
    users.session(&token)
}

#[tokio::test]
async fn a_poller_hears_of_every_session() {
    let users = Users::open().await;
    let mut since_ms = 0;
    for n in 0..3 {
        let session = end_one(&users, &format!("bobby{n}")).await;
        let answer = revoked(&users, since_ms).await;
        assert!(answer.session_ids.contains(&session), "{n}");
        assert!(answer.now_ms < users.clock.now_ms(), "answers overlap");
        since_ms = answer.now_ms;
        users.clock.advance_ms(60_000);
    }
    assert!(
        revoked(&users, since_ms + 60_000)
            .await
            .session_ids
            .is_empty()
    );
}

#[tokio::test]
async fn what_no_token_can_speak_for_is_not_told() {
    let users = Users::open().await;
    let session = end_one(&users, "bobby").await;
    users.clock.advance_ms(24 * 3_600_000);
    assert_eq!(
        revoked(&users, 0).await.session_ids,
        [session],
        "tokens live a day"
    );
    users.clock.advance_ms(3_600_000);
    for since_ms in [0, i64::MIN, -1] {
        assert!(revoked(&users, since_ms).await.session_ids.is_empty());
    }
    assert!(revoked(&users, i64::MAX).await.session_ids.is_empty());
}
