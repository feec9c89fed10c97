use sqlx::{AssertSqlSafe, Connection, MySqlConnection, migrate::Migrator};

use crate::{Config, Error, connect};

/// Longer than any sane schema change that runs while others wait to start.
const LOCK_WAIT_S: i64 = 300;

/// Brings the schema up to date and creates it when there is none. Safe to run from many replicas at once.
pub async fn migrate(config: &Config, migrator: &Migrator) -> Result<(), Error> {
    let schema = config.schema_name()?;
    let failed = |source| Error::Connect {
        schema: schema.to_owned(),
        source,
    };
    let mut connection = connect::single(&config.server()?).await.map_err(failed)?;
    // The name is checked above; identifiers cannot be bound.
    let create = format!(
        "CREATE DATABASE IF NOT EXISTS `{schema}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    );
    sqlx::query(AssertSqlSafe(create))
        .execute(&mut connection)
        .await?;
    connection.close().await?;

    let options = config.server()?.database(schema);
    let mut connection = connect::single(&options).await.map_err(failed)?;
    lock(&mut connection, schema).await?;
    let done = migrator.run(&mut connection).await;
    // Closing gives the lock back, also after a failure.
    connection.close().await?;
    done.map_err(|source| Error::Migrate {
        schema: schema.to_owned(),
        source: Box::new(source),
    })
}

/// sqlx waits for its own lock with a negative timeout, which MariaDB does not understand.
async fn lock(connection: &mut MySqlConnection, schema: &str) -> Result<(), Error> {
    let held: Option<i64> = sqlx::query_scalar("SELECT CAST(GET_LOCK(?, ?) AS SIGNED)")
        .bind(format!("mall.{schema}"))
        .bind(LOCK_WAIT_S)
        .fetch_one(connection)
        .await?;
    if held == Some(1) {
        Ok(())
    } else {
        Err(Error::MigrationLocked {
            schema: schema.to_owned(),
        })
    }
}
