//! Redis, one node or a cluster by the same configuration, and typed Lua scripts.
//!
//! Connections are made when first used and again whenever they break, for ever: while Redis is away every
//! call fails fast, and nothing has to be restarted when it is back.

mod config;
mod error;
mod identity;
mod link;
mod metrics;
mod script;

use futures_util::future::join_all;
use redis::{Cmd, aio::ConnectionLike};

pub use config::Config;
pub use error::Error;
pub use identity::ServerIdentity;
pub use redis::{FromRedisValue, Pipeline, RedisResult, ToRedisArgs, Value, cmd, pipe};
pub use script::{Call, Script};

use link::{Connection, Link};

/// A shared connection to Redis under one key prefix. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kv {
    link: Link,
    prefix: String,
}

/// A part of an answer, as what it should be.
pub fn read<T: FromRedisValue>(value: Value) -> Result<T, Error> {
    redis::from_redis_value(value).map_err(Error::Reply)
}

/// Prepares the connection; fails only when the configuration cannot be understood.
#[expect(
    clippy::unused_async,
    reason = "callers await it like the other engines' connect"
)]
pub async fn connect(config: &Config) -> Result<Kv, Error> {
    Ok(Kv {
        link: Link::new(config)?,
        prefix: config.prefix.clone(),
    })
}

impl Kv {
    /// A key of this service: the prefix stands before any `{tag}`.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Sends one command. After [`Error::Timeout`] or a broken connection it may have been executed or not.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut connection = self.link.get().await?;
        let answer = match &mut connection {
            Connection::Single(single, _) => single.req_packed_command(command).await,
            Connection::Cluster(cluster) => cluster.req_packed_command(command).await,
        };
        let value = answer
            .and_then(Value::extract_error)
            .map_err(|e| self.failed(&connection, e))?;
        read(value)
    }

    /// Sends commands together, each with an answer or an error of its own as in [`query`](Self::query); none has one
    /// where the connection failed.
    pub async fn query_all(&self, commands: &Pipeline) -> Result<Vec<Result<Value, Error>>, Error> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.link.get().await?;
        let answers = match &mut connection {
            Connection::Single(single, _) => {
                single
                    .req_packed_commands(commands, 0, commands.len())
                    .await
            }
            Connection::Cluster(_) => {
                let each = commands.cmd_iter().map(|command| self.query(command));
                return Ok(join_all(each).await);
            }
        };
        let answers = answers.map_err(|e| self.failed(&connection, e))?;
        let read = |answer: Value| {
            answer
                .extract_error()
                .map_err(|e| self.failed(&connection, e))
        };
        Ok(answers.into_iter().map(read).collect())
    }

    /// Whether keys of different `{tag}`s may be on different servers.
    pub fn is_cluster(&self) -> bool {
        self.link.is_cluster()
    }

    /// Sends commands that happen at one moment, as `MULTI` and `EXEC`. In a [cluster](Self::is_cluster)
    /// their keys share one `{tag}`; `name` is the metric's label: the verb. Errors as in [`query`](Self::query).
    pub async fn transaction<T: FromRedisValue>(
        &self,
        name: &str,
        commands: &mut Pipeline,
    ) -> Result<T, Error> {
        let _timer = metrics::script(name).start_timer();
        let commands = commands.atomic();
        let mut connection = self.link.get().await?;
        let answer = match &mut connection {
            Connection::Single(single, _) => commands.query_async(single).await,
            Connection::Cluster(cluster) => commands.query_async(cluster).await,
        };
        let value: Value = answer.map_err(|e| self.failed(&connection, e))?;
        read(value)
    }

    /// Which server, with which history, holds `key`. Another answer than before means that what Redis held
    /// may be gone or older.
    pub async fn run_id(&self, key: &str) -> Result<ServerIdentity, Error> {
        let mut connection = self.link.get().await?;
        identity::read(&mut connection, key)
            .await
            .map_err(|error| match error {
                identity::Failed::Redis(error) => self.failed(&connection, error),
                identity::Failed::Unreadable(text) => Error::Identity(text),
            })
    }

    /// [`run_id`](Self::run_id) of each key, asked once where one server holds them all. Errors as in
    /// [`query_all`](Self::query_all).
    pub async fn run_ids(
        &self,
        keys: &[String],
    ) -> Result<Vec<Result<ServerIdentity, Error>>, Error> {
        if self.is_cluster() {
            return Ok(join_all(keys.iter().map(|key| self.run_id(key))).await);
        }
        let Some(key) = keys.first() else {
            return Ok(Vec::new());
        };
        let server = self.run_id(key).await?;
        Ok(keys.iter().map(|_| Ok(server.clone())).collect())
    }

    /// Whether the server answers, for readiness.
    pub async fn probe(&self) -> Result<(), String> {
        let answer: Result<(), Error> = self.query(&cmd("PING")).await;
        answer.map_err(|error| fault::chain(&error))
    }

    /// What in the server's settings could lose or evict data, in sentences; empty when all is well. A server
    /// that hides its settings is believed.
    pub async fn settings_warnings(&self) -> Result<Vec<String>, Error> {
        let mut warnings = Vec::new();
        for (setting, wanted) in [
            ("appendonly", &["yes"][..]),
            ("appendfsync", &["everysec", "always"]),
            ("maxmemory-policy", &["noeviction"]),
        ] {
            let mut command = cmd("CONFIG");
            command.arg("GET").arg(setting);
            let answer: Vec<String> = match self.query(&command).await {
                Ok(answer) => answer,
                Err(Error::Refused(_) | Error::Reply(_)) => continue,
                Err(away) => return Err(away),
            };
            if let [_, value] = answer.as_slice()
                && !wanted.contains(&value.as_str())
            {
                warnings.push(format!("{setting} is {value} and should be {}", wanted[0]));
            }
        }
        metrics::durable(warnings.is_empty());
        Ok(warnings)
    }

    fn failed(&self, connection: &Connection, error: redis::RedisError) -> Error {
        if error.is_unrecoverable_error() || is_demoted(&error) {
            self.link.drop_broken(connection);
        }
        let error = Error::from_redis(error);
        metrics::failed(&error);
        error
    }
}

/// After a failover the old master answers as a replica, on a connection that is sound: the address leads
/// to the new master only when it is dialled again.
fn is_demoted(error: &redis::RedisError) -> bool {
    use redis::{ErrorKind, ServerErrorKind};
    matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
    )
}
