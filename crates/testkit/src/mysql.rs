use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, MySqlConnection, migrate::Migrator,
    mysql::MySqlConnectOptions,
};
use tokio::sync::OnceCell;

use crate::{cleanup, engines};

/// A schema of its own for each test.
#[derive(Debug)]
pub struct Mysql;

/// What a killed run left is dropped when it is older.
const LEFT_BEHIND_S: i64 = 3_600;
const PREFIX: &str = "test";

impl Mysql {
    /// A fresh schema with all of `migrator`'s tables, dropped when the test is over.
    pub async fn schema(migrator: &Migrator, service: &str) -> db::Config {
        static SWEPT: OnceCell<()> = OnceCell::const_new();
        SWEPT.get_or_init(drop_left_behind).await;
        let config = Self::config(engines::unique(&format!("{PREFIX}_{service}")));
        let schema = config.schema.clone();
        cleanup::at_end(move || async move {
            if let Ok(mut server) = server().await {
                let _ = drop_schema(&mut server, &schema).await;
            }
        });
        db::migrate(&config, migrator)
            .await
            .unwrap_or_else(|error| panic!("the test's schema: {error}: {error:?}"));
        config
    }

    /// The same schema, reached through another address: a [`crate::ChaosProxy`].
    pub fn through(config: &db::Config, proxy: std::net::SocketAddr) -> db::Config {
        let url = engines::mysql_url();
        let direct = engines::server_address(&url);
        let url = url.replace(
            &format!(":{}", direct.port()),
            &format!(":{}", proxy.port()),
        );
        db::Config {
            url: url.into(),
            ..config.clone()
        }
    }

    fn config(schema: String) -> db::Config {
        db::Config {
            url: engines::mysql_url().into(),
            schema,
            connections_max: 8,
            acquire_timeout_ms: 10_000,
        }
    }
}

async fn server() -> Result<MySqlConnection, sqlx::Error> {
    let options: MySqlConnectOptions = engines::mysql_url().parse()?;
    options.connect().await
}

async fn drop_schema(server: &mut MySqlConnection, schema: &str) -> Result<(), sqlx::Error> {
    // A pool that the test leaked may still hold its tables.
    server.execute("SET SESSION lock_wait_timeout = 5").await?;
    let drop = format!("DROP DATABASE IF EXISTS `{schema}`");
    server.execute(AssertSqlSafe(drop)).await?;
    Ok(())
}

async fn drop_left_behind() {
    let Ok(mut server) = server().await else {
        return;
    };
    let schemas: Result<Vec<String>, _> = sqlx::query_scalar(
        "SELECT CAST(SCHEMA_NAME AS CHAR) FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME LIKE 'test\\_%'",
    )
    .fetch_all(&mut server)
    .await;
    for schema in schemas.unwrap_or_default() {
        if made_at_s(&schema).is_some_and(|at| at < engines::now_s() - LEFT_BEHIND_S) {
            let _ = drop_schema(&mut server, &schema).await;
        }
    }
    let _ = server.close().await;
}

/// The time in a name made by [`engines::unique`].
fn made_at_s(schema: &str) -> Option<i64> {
    schema.rsplit('_').nth(2)?.parse().ok()
}
