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

/// A busy pool's connections are not pinged: a transaction finds a live one by itself.
#[tokio::test]
async fn a_transaction_steps_over_dead_connections() {
    let config = config().await;
    let proxy = ChaosProxy::start(testkit::server_address(&testkit::mysql_url())).await;
    let pool = db::connect(&Mysql::through(&config, proxy.address()))
        .await
        .unwrap();
    drop(every_connection(&pool).await);
    proxy.cut();
    tokio::time::sleep(Duration::from_millis(50)).await;
    proxy.heal();
    let done: Result<i64, sqlx::Error> = db::transact!(&pool, "after_a_cut", async |tx| {
        sqlx::query_scalar("SELECT 1").fetch_one(&mut **tx).await
    })
    .await;
    assert_eq!(done.unwrap(), 1);
}

/// Every connection that the pool may have.
async fn every_connection(pool: &db::Pool) -> Vec<sqlx::pool::PoolConnection<sqlx::MySql>> {
    let mut held = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        held.push(pool.acquire().await.unwrap());
    }
    held
}

/// MySQL takes a password that it has not cached only over TLS; MariaDB may have none.
#[tokio::test]
async fn passwords_work_on_the_first_login() {
    let config = config().await;
    let admin = db::connect(&config).await.unwrap();
    let name = format!("t{}", config.schema.rsplit("db_").next().unwrap());
    let run = |statement: String| sqlx::query(AssertSqlSafe(statement)).execute(&admin);
    // Both: a server may have a nameless user of localhost, which comes before any host.
    for host in ["%", "localhost"] {
        run(format!(
            "CREATE USER '{name}'@'{host}' IDENTIFIED BY 'p@ss/word'"
        ))
        .await
        .unwrap();
        run(format!(
            "GRANT ALL ON `{}`.* TO '{name}'@'{host}'",
            config.schema
        ))
        .await
        .unwrap();
    }
    let server = testkit::server_address(&testkit::mysql_url());
    let url = format!("mysql://{name}:p%40ss%2Fword@{server}");
    let pool = db::connect(&db::Config {
        url: url.into(),
        ..config.clone()
    })
    .await;
    let url = format!("mysql://{name}:wrong@{server}");
    let started = Instant::now();
    let wrong = db::connect(&db::Config {
        url: url.into(),
        ..config
    })
    .await;
    run(format!("DROP USER '{name}'@'%', '{name}'@'localhost'"))
        .await
        .unwrap();
    db::probe(&pool.unwrap()).await.unwrap();
    assert!(matches!(wrong, Err(db::Error::Connect { .. })), "{wrong:?}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "a wrong password is said at once"
    );
}
