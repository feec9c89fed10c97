use std::time::{Duration, Instant};

use rand::Rng;
use tokio::time::sleep;
use tracing::{Instrument, info, info_span};

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

/// Runs `body` in a transaction: commits when it returns `Ok`, rolls back when it returns an error. When the
/// engine says that another transaction was in the way, the whole body runs again, at most five times: it
/// must have no effect outside the transaction.
///
/// A lost connection is not retried, because nobody knows whether the commit arrived.
pub async fn transact<T, E, F>(pool: &Pool, name: &'static str, body: F) -> Result<T, E>
where
    E: From<sqlx::Error> + Retryable,
    F: AsyncFnMut(&mut Tx<'static>) -> Result<T, E>,
{
    let span = info_span!(
        "db.transaction",
        otel.name = format!("db.{name}"),
        db.tries = 1
    );
    let started = Instant::now();
    let done = tries(pool, name, body).instrument(span).await;
    metrics::observe(name, started.elapsed());
    metrics::count(name, outcome(&done));
    done
}

fn outcome<T, E: Retryable>(done: &Result<T, E>) -> Outcome {
    match done {
        Ok(_) => Outcome::Committed,
        Err(error) if error.sqlx().is_some() => Outcome::Failed,
        Err(_) => Outcome::Refused,
    }
}

async fn tries<T, E, F>(pool: &Pool, name: &'static str, mut body: F) -> Result<T, E>
where
    E: From<sqlx::Error> + Retryable,
    F: AsyncFnMut(&mut Tx<'static>) -> Result<T, E>,
{
    let mut tries = 1;
    loop {
        let mut tx = pool.begin().await?;
        let done = match body(&mut tx).await {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                // Explicit: after a lock wait the engine undoes only the statement. Should it fail, the
                // connection is broken and the server rolls back by itself.
                let _ = tx.rollback().await;
                Err(error)
            }
        };
        match done {
            Err(refused)
                if tries < TRIES_MAX && refused.sqlx().is_some_and(error::is_transient) =>
            {
                metrics::count(name, Outcome::Retried);
                info!(db.tries = tries, "another transaction was in the way");
                tracing::Span::current().record("db.tries", tries + 1);
                sleep(Duration::from_millis(rand::rng().random_range(PAUSE_MS))).await;
                tries += 1;
            }
            done => return done,
        }
    }
}
