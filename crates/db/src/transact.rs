use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use rand::Rng;
use tokio::time::sleep;
use tracing::{Span, info, info_span};

use crate::{Pool, Tx, error, metrics, metrics::Outcome};

const TRIES_MAX: u32 = 5;
/// Between tries: long enough for the other transaction to finish, and never the same twice.
const PAUSE_MS: std::ops::Range<u64> = 5..50;

/// An error of a transaction's body that may hold the engine's own.
pub trait Retryable {
    fn sqlx(&self) -> Option<&sqlx::Error>;
}

impl Retryable for sqlx::Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        Some(self)
    }
}

/// `db::transact!(&pool, "name", async |tx| …).await` runs the body in a transaction: commits when it returns
/// `Ok`, rolls back when it returns an error. When the engine says that another transaction was in the way,
/// the whole body runs again, at most five times: it must have no effect outside the transaction.
///
/// A lost connection is not retried, because the commit may have arrived.
///
/// The body's error is `E: From<sqlx::Error> + db::Retryable`. A macro, because the future of an async closure
/// that borrows cannot be shown to be `Send`, and every request runs in a task.
#[macro_export]
macro_rules! transact {
    ($pool:expr, $name:expr, async $(move)? |$tx:ident $(: $type:ty)?| $body:expr $(,)?) => {
        $crate::Instrument::instrument(
            async {
                let mut attempts = $crate::Attempts::new($pool, $name);
                loop {
                    let mut begun = match attempts.begin().await {
                        Ok(begun) => begun,
                        Err(error) => break Err(error),
                    };
                    let done = async {
                        let $tx $(: $type)? = &mut begun;
                        $body
                    }
                    .await;
                    if let ::std::ops::ControlFlow::Break(done) = attempts.end(begun, done).await {
                        break done;
                    }
                }
            },
            $crate::span($name),
        )
    };
}

/// The tries of one named transaction; [`transact!`](crate::transact) drives it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Attempts {
    pool: Pool,
    name: &'static str,
    started: Instant,
    tries: u32,
}

#[doc(hidden)]
pub fn span(name: &'static str) -> Span {
    info_span!(
        "db.transaction",
        otel.name = format!("db.{name}"),
        db.tries = 1
    )
}

impl Attempts {
    pub fn new(pool: &Pool, name: &'static str) -> Self {
        Self {
            pool: pool.clone(),
            name,
            started: Instant::now(),
            tries: 1,
        }
    }

    /// Begins on a connection that works. A restart of the server leaves dead ones in the pool: each is
    /// found once and thrown away, and nothing was done on it.
    pub async fn begin<E: From<sqlx::Error> + Retryable>(&self) -> Result<Tx<'static>, E> {
        let mut left = self.pool.options().get_max_connections();
        loop {
            match self.pool.begin().await {
                Ok(begun) => return Ok(begun),
                Err(sqlx::Error::Io(_)) if left > 0 => left -= 1,
                Err(error) => return self.finish(Err(error.into())),
            }
        }
    }

    /// Commits or rolls back. `Break` holds what the caller gets.
    pub async fn end<T, E>(
        &mut self,
        tx: Tx<'static>,
        done: Result<T, E>,
    ) -> ControlFlow<Result<T, E>>
    where
        E: From<sqlx::Error> + Retryable,
    {
        let done = match done {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                // Explicit: after a lock wait the engine undoes only the statement. Should it fail, the
                // connection is broken and the server rolls back by itself.
                let _ = tx.rollback().await;
                Err(error)
            }
        };
        let again = done
            .as_ref()
            .err()
            .and_then(Retryable::sqlx)
            .is_some_and(error::is_transient);
        if !again || self.tries == TRIES_MAX {
            return ControlFlow::Break(self.finish(done));
        }
        metrics::count(self.name, Outcome::Retried);
        info!(db.tries = self.tries, "another transaction was in the way");
        self.tries += 1;
        Span::current().record("db.tries", self.tries);
        let pause_ms = rand::rng().random_range(PAUSE_MS);
        sleep(Duration::from_millis(pause_ms)).await;
        ControlFlow::Continue(())
    }

    fn finish<T, E: Retryable>(&self, done: Result<T, E>) -> Result<T, E> {
        metrics::observe(self.name, self.started.elapsed());
        let outcome = match &done {
            Ok(_) => Outcome::Committed,
            Err(error) if error.sqlx().is_some() => Outcome::Failed,
            Err(_) => Outcome::Refused,
        };
        metrics::count(self.name, outcome);
        done
    }
}
