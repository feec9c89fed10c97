use prometheus::Histogram;
use redis::{Cmd, FromRedisValue, ToRedisArgs, cmd};

use crate::{Error, Kv, metrics};

/// A Lua script, called by its hash and loaded where a server does not know it.
#[derive(Debug, Clone)]
pub struct Script {
    source: &'static str,
    sha: String,
    seconds: Histogram,
}

impl Script {
    /// `name` is the metric's label: the verb.
    pub fn new(name: &'static str, source: &'static str) -> Self {
        let sha = redis::Script::new(source).get_hash().to_owned();
        Self {
            source,
            sha,
            seconds: metrics::script(name),
        }
    }

    pub fn call<'a>(&'a self, kv: &'a Kv) -> Call<'a> {
        Call {
            script: self,
            kv,
            keys: Vec::new(),
            args: Vec::new(),
        }
    }

    /// Loads it ahead of the first call: on every primary of a cluster.
    pub async fn load(&self, kv: &Kv) -> Result<(), Error> {
        kv.query(cmd("SCRIPT").arg("LOAD").arg(self.source)).await
    }
}

/// A script with the keys and arguments of one call.
#[derive(Debug)]
pub struct Call<'a> {
    script: &'a Script,
    kv: &'a Kv,
    keys: Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
}

impl Call<'_> {
    /// The next of `KEYS`, as made by [`Kv::key`]. All keys of a call share one `{tag}`.
    #[must_use]
    pub fn key(mut self, key: impl ToRedisArgs) -> Self {
        key.write_redis_args(&mut self.keys);
        self
    }

    /// The next of `ARGV`; a slice adds one for each element.
    #[must_use]
    pub fn arg(mut self, arg: impl ToRedisArgs) -> Self {
        arg.write_redis_args(&mut self.args);
        self
    }

    /// After [`Error::Timeout`] or a broken connection the script may have run: scripts are written so that
    /// calling again is safe.
    pub async fn invoke<T: FromRedisValue>(self) -> Result<T, Error> {
        let _timer = self.script.seconds.start_timer();
        let command = self.command();
        match self.kv.query(&command).await {
            Err(error) if error.is_no_script() => {
                self.script.load(self.kv).await?;
                self.kv.query(&command).await
            }
            done => done,
        }
    }

    fn command(&self) -> Cmd {
        let mut command = cmd("EVALSHA");
        command
            .arg(&self.script.sha)
            .arg(self.keys.len())
            .arg(&self.keys)
            .arg(&self.args);
        command
    }
}
