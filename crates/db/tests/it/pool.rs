use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;
use testkit::{ChaosProxy, Mysql};

use crate::support::{add, config, names, pool};

/// sqlx 0.9.0 without our no-delay takes 40 ms for each.
#[tokio::test]
async fn statements_that_leave_the_cache_cost_no_delay() {
    const STATEMENTS: u32 = 200;
    let pool = pool().await;
    let started = Instant::now();
    for n in 0..STATEMENTS {
        let text = AssertSqlSafe(format!("SELECT CAST({n} AS SIGNED)"));
        let got: i64 = sqlx::query_scalar(text)
            .persistent(false)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(got, i64::from(n));
    }
    let each = started.elapsed() / STATEMENTS;
    assert!(each < Duration::from_millis(10), "{each:?} each");
}

#[tokio::test]
async fn a_pool_outlives_its_server() {
    let config = config().await;
    let proxy = ChaosProxy::start(testkit::server_address(&testkit::mysql_url())).await;
    let through = Mysql::through(&config, proxy.address());
    let pool = db::connect(&db::Config {
        acquire_timeout_ms: 1_000,
        ..through
    })
    .await
    .unwrap();
    add(&pool, 1, "before").await.unwrap();
    proxy.cut();
    testkit::eventually(Duration::from_secs(5), || async {
        db::probe(&pool).await.is_err()
    })
    .await;
    let error = add(&pool, 2, "while away").await.unwrap_err();
    assert_eq!(db::reason(&error), fault::Reason::Unavailable, "{error}");
    proxy.heal();
    testkit::eventually(Duration::from_secs(5), || async {
        db::probe(&pool).await.is_ok()
    })
    .await;
    add(&pool, 3, "after").await.unwrap();
    assert_eq!(names(&pool).await, ["before", "after"]);
}

#[tokio::test]
async fn a_schema_may_be_migrated_twice_and_by_two() {
    static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("tests/it/migrations");
    let config = config().await;
    let (one, other) = tokio::join!(
        db::migrate(&config, &MIGRATOR),
        db::migrate(&config, &MIGRATOR)
    );
    one.unwrap();
    other.unwrap();
}

#[tokio::test]
async fn a_schema_name_is_no_place_for_sql() {
    let config = db::Config {
        schema: "x`; DROP DATABASE y".to_owned(),
        ..config().await
    };
    let error = db::connect(&config).await.unwrap_err();
    assert!(matches!(error, db::Error::SchemaName(_)), "{error:?}");
}
