use clock::Clock;
use proto::user::{LogoutRequest, RevokedSessionsRequest, RevokedSessionsResponse};

use crate::support::Users;

async fn revoked(users: &Users, after: RevokedSessionsRequest) -> RevokedSessionsResponse {
    let asked = users.client.clone().revoked_sessions(after).await;
    asked.unwrap().into_inner()
}

fn since(since_ms: i64) -> RevokedSessionsRequest {
    RevokedSessionsRequest {
        since_ms,
        after_id: 0,
    }
}

fn next(answer: &RevokedSessionsResponse) -> RevokedSessionsRequest {
    RevokedSessionsRequest {
        since_ms: answer.now_ms,
        after_id: answer.after_id,
    }
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
    let mut at = since(0);
    for n in 0..3 {
        let session = end_one(&users, &format!("bobby{n}")).await;
        let answer = revoked(&users, at).await;
        assert!(answer.session_ids.contains(&session), "{n}");
        assert!(answer.now_ms < users.clock.now_ms(), "answers overlap");
        assert!(!answer.more);
        at = next(&answer);
        users.clock.advance_ms(60_000);
    }
    assert!(
        revoked(&users, since(at.since_ms + 60_000))
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
        revoked(&users, since(0)).await.session_ids,
        [session],
        "tokens live a day"
    );
    users.clock.advance_ms(3_600_000);
    for since_ms in [0, i64::MIN, -1] {
        assert!(
            revoked(&users, since(since_ms))
                .await
                .session_ids
                .is_empty()
        );
    }
    assert!(
        revoked(&users, since(i64::MAX))
            .await
            .session_ids
            .is_empty()
    );
}

#[tokio::test]
async fn more_than_a_page_at_one_moment_is_drained_to_the_end() {
    const SESSIONS: usize = 25_000;
    let users = Users::open().await;
    let now_ms = users.clock.now_ms();
    for _ in 0..SESSIONS / 5_000 {
        let mut insert = sqlx::QueryBuilder::<sqlx::MySql>::new(
            "INSERT INTO sessions (user_id, life, refresh_hash, created_at_ms, expires_at_ms,
                                   revoked_at_ms) ",
        );
        insert.push_values(0..5_000, |mut row, _| {
            row.push("1, 'gomall', ''");
            row.push_bind(now_ms).push_bind(now_ms).push_bind(now_ms);
        });
        insert.build().execute(&users.pool).await.unwrap();
    }
    let (mut found, mut pages, mut at) = (std::collections::HashSet::new(), 0, since(0));
    loop {
        let answer = revoked(&users, at).await;
        found.extend(answer.session_ids.iter().copied());
        pages += 1;
        at = next(&answer);
        if !answer.more {
            break;
        }
        assert!(pages < 10, "the same page for ever");
    }
    assert_eq!((found.len(), pages), (SESSIONS, 3));
    // One that was committed late, with a time of before, is still found.
    users
        .execute("INSERT INTO sessions (user_id, life, refresh_hash, created_at_ms, expires_at_ms, revoked_at_ms)
                  SELECT 2, 'gomall', '', created_at_ms, expires_at_ms, revoked_at_ms - 5000
                  FROM sessions LIMIT 1")
        .await;
    let late = revoked(&users, at).await.session_ids;
    assert!(late.iter().any(|session| !found.contains(session)));
}

#[tokio::test]
async fn an_account_has_no_more_sessions_than_allowed() {
    let users = Users::with(|config| config.tokens.sessions_max = 3).await;
    let first = users.add("bobby").await;
    let mut tokens = vec![first.access_token.clone()];
    for _ in 0..4 {
        let signed_in = users
            .login("bobby", crate::support::PASSWORD)
            .await
            .unwrap();
        tokens.push(signed_in.access_token);
    }
    let ended: Vec<_> = tokens[..2]
        .iter()
        .map(|token| users.session(token))
        .collect();
    assert_eq!(users.revoked().await, ended, "the oldest end");
    let refused = users.refresh(&first.refresh_token).await;
    assert_eq!(
        crate::support::reason(refused),
        fault::Reason::RefreshReused
    );
}
