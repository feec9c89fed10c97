use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, Executor, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
    pool::PoolConnectionMetadata,
};
use tokio::time::{Instant, sleep};
use tracing::{info, log::LevelFilter};

use crate::{Config, Error, Pool, error, nodelay, settings};

/// How long a starting process waits for its server.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// A connection that rested longer is pinged before use: a server restart leaves dead ones behind. Busy
/// connections are not, because a ping per statement costs a quarter of the throughput.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(1);
/// Connections are renewed, so that a fleet spreads again after a server was added.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Opens the pool. While no server answers it tries for 30 s; a refused login or a wrong address is an error
/// at once.
pub async fn connect(config: &Config) -> Result<Pool, Error> {
    let options = config
        .server()?
        .database(config.schema_name()?)
        .log_slow_statements(LevelFilter::Warn, Duration::from_secs(1));
    let pool = pool_options(config, options.get_port()).connect_lazy_with(options);
    let started = Instant::now();
    loop {
        match pool.acquire().await {
            Ok(mut connection) => {
                settings::check(&mut connection, &config.schema).await;
                return Ok(pool);
            }
            Err(error) if started.elapsed() < PATIENCE && error::server_is_away(&error) => {
                info!(db.schema = config.schema, error = %error, "MySQL does not answer yet");
                sleep(BETWEEN_TRIES).await;
            }
            Err(source) => {
                return Err(Error::Connect {
                    schema: config.schema.clone(),
                    source,
                });
            }
        }
    }
}

/// Whether the server answers, for readiness.
pub async fn probe(pool: &Pool) -> Result<(), String> {
    let answer = sqlx::query_scalar::<_, i64>("SELECT 1")
        .fetch_one(pool)
        .await;
    answer.map(|_| ()).map_err(|error| fault::chain(&error))
}

fn pool_options(config: &Config, port: u16) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(config.connections_max)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                nodelay::set(port);
                set_session(connection).await
            })
        })
        .before_acquire(|connection, meta: PoolConnectionMetadata| {
            Box::pin(async move {
                if meta.idle_for > IDLE_BEFORE_PING {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// READ COMMITTED because nothing here relies on gap locks or repeatable snapshots; 3 s of waiting for a row,
/// because no caller waits longer for an answer.
async fn set_session(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    connection
        .execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        .await?;
    connection
        .execute("SET SESSION innodb_lock_wait_timeout = 3")
        .await?;
    Ok(())
}

/// One connection beside any pool, for what is done once: migrations.
pub(crate) async fn single(options: &MySqlConnectOptions) -> Result<MySqlConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match options.connect().await {
            Err(error) if started.elapsed() < PATIENCE && error::server_is_away(&error) => {
                sleep(BETWEEN_TRIES).await;
            }
            done => return done,
        }
    }
}
