use db::{Config, Pool};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("tests/it/migrations");

pub(crate) async fn config() -> Config {
    testkit::Mysql::schema(&MIGRATOR, "db").await
}

pub(crate) async fn pool() -> Pool {
    db::connect(&config().await).await.unwrap()
}

pub(crate) async fn add(pool: &Pool, id: i64, name: &str) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO things (id, name) VALUES (?, ?)")
        .bind(id)
        .bind(name);
    insert.execute(pool).await.map(|_| ())
}

pub(crate) async fn names(pool: &Pool) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM things ORDER BY id")
        .fetch_all(pool)
        .await
        .unwrap()
}
