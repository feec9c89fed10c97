use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection, cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::{Config, Error, config, metrics};

/// The current connection and how to make the next one.
///
/// redis's own `ConnectionManager` keeps a failed attempt for ever when the failure is an answer (a server that
/// still loads its data), and its cluster client fails to start while no node answers; hence this one.
#[derive(Debug, Clone)]
pub(crate) struct Link(Arc<Inner>);

struct Inner {
    target: Target,
    current: Mutex<Current>,
    /// One attempt at a time; callers that wait for it use its outcome.
    connecting: tokio::sync::Mutex<()>,
}

enum Target {
    Single {
        client: Client,
        config: AsyncConnectionConfig,
    },
    Cluster(ClusterClient),
}

#[derive(Default)]
struct Current {
    connection: Option<Connection>,
    generation: u64,
    failed_at: Option<Instant>,
}

#[derive(Clone)]
pub(crate) enum Connection {
    Single(MultiplexedConnection, u64),
    Cluster(ClusterConnection),
}

/// While Redis is away, calls within this time of a failed attempt fail at once.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);

impl Link {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let mut nodes = config.nodes()?;
        let timeout = config.response_timeout();
        let target = if nodes.len() > 1 {
            let client = ClusterClient::builder(nodes)
                .connection_timeout(timeout)
                .response_timeout(timeout)
                .overall_response_timeout(Some(timeout))
                .tcp_settings(config::tcp())
                .build()
                .map_err(Error::Url)?;
            Target::Cluster(client)
        } else {
            let node = nodes.pop().ok_or(Error::NoUrl)?;
            let client = Client::open(node).map_err(Error::Url)?;
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(timeout))
                .set_response_timeout(Some(timeout));
            Target::Single { client, config }
        };
        Ok(Self(Arc::new(Inner {
            target,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })))
    }

    pub(crate) async fn get(&self) -> Result<Connection, Error> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let _one_at_a_time = self.0.connecting.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        if self.failed_just_now() {
            return Err(Error::Away(RedisError::from(std::io::Error::new(
                std::io::ErrorKind::NotConnected,
                "the last attempt to connect failed a moment ago",
            ))));
        }
        match self.connect().await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                let first = self.0.lock().failed_at.replace(Instant::now()).is_none();
                if first {
                    warn!(error = %error, "Redis cannot be reached");
                }
                let error = Error::from_redis(error);
                metrics::failed(&error);
                // Nothing was sent: never "may have been executed".
                Err(match error {
                    Error::Timeout(error) | Error::Refused(error) => Error::Away(error),
                    other => other,
                })
            }
        }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.0.target, Target::Cluster(_))
    }

    /// Forgets a connection that broke, unless another took its place already. A cluster's connection repairs
    /// itself, from the configured nodes if need be.
    pub(crate) fn drop_broken(&self, broken: &Connection) {
        let Connection::Single(_, broken) = broken else {
            return;
        };
        let mut current = self.0.lock();
        if matches!(&current.connection, Some(Connection::Single(_, now)) if now == broken) {
            current.connection = None;
        }
    }

    fn current(&self) -> Option<Connection> {
        self.0.lock().connection.clone()
    }

    fn failed_just_now(&self) -> bool {
        self.0
            .lock()
            .failed_at
            .is_some_and(|at| at.elapsed() < BETWEEN_ATTEMPTS)
    }

    async fn connect(&self) -> Result<Connection, RedisError> {
        let generation = self.0.lock().generation + 1;
        let connection = match &self.0.target {
            Target::Single { client, config } => {
                let single = client
                    .get_multiplexed_async_connection_with_config(config)
                    .await?;
                Connection::Single(single, generation)
            }
            Target::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        };
        let mut current = self.0.lock();
        if current.failed_at.take().is_some() || generation > 1 {
            info!("connected to Redis again");
        }
        current.generation = generation;
        current.connection = Some(connection.clone());
        Ok(connection)
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.target {
            Target::Single { .. } => "single",
            Target::Cluster(_) => "cluster",
        };
        f.debug_struct("Link")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}
