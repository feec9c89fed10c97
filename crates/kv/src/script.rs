use std::time::Instant;

use prometheus::Histogram;
use redis::{Cmd, FromRedisValue, ToRedisArgs, Value, cmd, pipe};

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

    /// `keys`: its `KEYS`, as made by [`Kv::key`]. They share one `{tag}`.
    pub fn call<'a>(&'a self, kv: &'a Kv, keys: &[String]) -> Call<'a> {
        let mut command = cmd("EVALSHA");
        command.arg(&self.sha).arg(keys.len()).arg(keys);
        Call {
            script: self,
            kv,
            command,
        }
    }

    /// [`Call::invoke`] for calls of this script that are sent together, each for keys of its own. Each has an answer
    /// or an error; none has one where the connection failed.
    pub async fn invoke_all<T: FromRedisValue>(
        &self,
        kv: &Kv,
        calls: impl IntoIterator<Item = Call<'_>>,
    ) -> Result<Vec<Result<T, Error>>, Error> {
        let sent_at = Instant::now();
        let mut commands = pipe();
        for call in calls {
            commands.add_command(call.command);
        }
        let mut answers = kv.query_all(&commands).await?;
        let unknown =
            |answer: &Result<Value, Error>| matches!(answer, Err(error) if error.is_no_script());
        if answers.iter().any(unknown) {
            self.load(kv).await?;
            for (command, answer) in commands.cmd_iter().zip(&mut answers) {
                if unknown(answer) {
                    *answer = kv.query(command).await;
                }
            }
        }
        let seconds = sent_at.elapsed().as_secs_f64();
        for _ in &answers {
            self.seconds.observe(seconds);
        }
        let read = |answer: Result<Value, Error>| crate::read(answer?);
        Ok(answers.into_iter().map(read).collect())
    }

    /// Loads it ahead of the first call: on every primary of a cluster.
    pub async fn load(&self, kv: &Kv) -> Result<(), Error> {
        kv.query(cmd("SCRIPT").arg("LOAD").arg(self.source)).await
    }
}

/// A script with the keys and arguments of one call.
pub struct Call<'a> {
    script: &'a Script,
    kv: &'a Kv,
    command: Cmd,
}

impl Call<'_> {
    /// The next of `ARGV`; a slice adds one for each element.
    #[must_use]
    pub fn arg(mut self, arg: impl ToRedisArgs) -> Self {
        self.command.arg(arg);
        self
    }

    /// After [`Error::Timeout`] or a broken connection the script may have run: scripts are written so that
    /// calling again is safe.
    pub async fn invoke<T: FromRedisValue>(self) -> Result<T, Error> {
        let _timer = self.script.seconds.start_timer();
        match self.kv.query(&self.command).await {
            Err(error) if error.is_no_script() => {
                self.script.load(self.kv).await?;
                self.kv.query(&self.command).await
            }
            done => done,
        }
    }
}
