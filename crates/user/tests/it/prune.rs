use crate::support::{Users, reason};

async fn rows(users: &Users) -> (i64, i64) {
    let count = |statement: &'static str| sqlx::query_scalar::<_, i64>(statement);
    let attempts = count("SELECT COUNT(*) FROM login_attempts").fetch_one(&users.pool);
    let sessions = count("SELECT COUNT(*) FROM sessions").fetch_one(&users.pool);
    (attempts.await.unwrap(), sessions.await.unwrap())
}

#[tokio::test]
async fn what_is_over_is_forgotten() {
    let users = Users::open().await;
    users.add("bobby").await;
    reason(users.login("bobby", "wrong").await);
    reason(users.login("nobody", "wrong").await);
    users.app.prune().await.unwrap();
    assert_eq!(rows(&users).await, (2, 1));
    users.clock.advance_ms(121_000);
    users.app.prune().await.unwrap();
    assert_eq!(rows(&users).await, (0, 1));
    users.clock.advance_ms(9 * 24 * 3_600_000);
    users.app.prune().await.unwrap();
    assert_eq!(rows(&users).await, (0, 0));
}

#[tokio::test]
async fn a_run_falls_behind_no_crowd() {
    let users = Users::open().await;
    let mut insert = sqlx::QueryBuilder::<sqlx::MySql>::new(
        "INSERT INTO login_attempts (subject, attempts, since_ms) ",
    );
    insert.push_values(0..3_500, |mut row, n| {
        row.push_bind(format!("name/{n}")).push("1, 0");
    });
    insert.build().execute(&users.pool).await.unwrap();
    assert_eq!(rows(&users).await.0, 3_500);
    users.app.prune().await.unwrap();
    assert_eq!(rows(&users).await.0, 0, "in one run");
}
