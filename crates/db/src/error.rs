use fault::{Fault, Reason};
use sqlx::mysql::{MySqlDatabaseError, MySqlQueryResult};

use crate::Retryable;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("db.url cannot be read")]
    Url(#[source] sqlx::Error),
    #[error("{0:?} cannot be a schema: 1 to 64 lower-case letters, digits and _")]
    SchemaName(String),
    #[error("cannot open schema {schema}")]
    Connect {
        schema: String,
        #[source]
        source: sqlx::Error,
    },
    #[error("cannot migrate schema {schema}")]
    Migrate {
        schema: String,
        #[source]
        source: Box<sqlx::migrate::MigrateError>,
    },
    #[error("another process migrates schema {schema} for too long")]
    MigrationLocked { schema: String },
    #[error("{what} should have touched {want} rows and touched {got}")]
    WrongRowCount {
        what: &'static str,
        want: u64,
        got: u64,
    },
    #[error("a statement failed")]
    Statement(#[from] sqlx::Error),
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Connect { source, .. } | Self::Statement(source) => reason(source),
            Self::Url(_)
            | Self::SchemaName(_)
            | Self::Migrate { .. }
            | Self::MigrationLocked { .. }
            | Self::WrongRowCount { .. } => Reason::Internal,
        }
    }
}

impl Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Statement(error) => Some(error),
            Self::Url(_)
            | Self::SchemaName(_)
            | Self::Connect { .. }
            | Self::Migrate { .. }
            | Self::MigrationLocked { .. }
            | Self::WrongRowCount { .. } => None,
        }
    }
}

/// What a caller is told about a failed statement: to come back when the server is away or overloaded,
/// otherwise that it is our fault.
pub fn reason(error: &sqlx::Error) -> Reason {
    if server_is_away(error) || is_transient(error) {
        Reason::Unavailable
    } else {
        Reason::Internal
    }
}

/// A write that touches another number of rows than it must has met a state that it does not know.
pub fn affected(result: &MySqlQueryResult, want: u64, what: &'static str) -> Result<(), Error> {
    let got = result.rows_affected();
    if got == want {
        Ok(())
    } else {
        Err(Error::WrongRowCount { what, want, got })
    }
}

/// Whether an insert failed because `key` (an index's name, or `PRIMARY`) holds that value already. The server
/// says which key only in its message: `… for key 'table.key'`, in older ones and MariaDB `… for key 'key'`.
pub fn hit_unique_key(error: &sqlx::Error, key: &str) -> bool {
    const DUPLICATE: u16 = 1062;
    let Some(error) = mysql(error).filter(|error| error.number() == DUPLICATE) else {
        return false;
    };
    // The value, which a caller chose, comes before the key: only what follows the last quote pair counts.
    let named = error
        .message()
        .strip_suffix('\'')
        .and_then(|text| text.rsplit('\'').next());
    named.is_some_and(|named| named.rsplit('.').next() == Some(key))
}

/// The engine rolled the transaction back and invites to try again.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    const LOCK_WAIT: u16 = 1205;
    const DEADLOCK: u16 = 1213;
    /// MariaDB, when another transaction changed a row since it was read.
    const CHECK_READ: u16 = 1020;
    mysql(error).is_some_and(|e| matches!(e.number(), LOCK_WAIT | DEADLOCK | CHECK_READ))
}

/// No server, or none that takes work: also one that shuts down, is full, or became read-only in a failover.
pub(crate) fn server_is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        other => mysql(other)
            .is_some_and(|e| matches!(e.number(), 1040 | 1053 | 1203 | 1290 | 1792 | 1836)),
    }
}

fn mysql(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error
        .as_database_error()?
        .try_downcast_ref::<MySqlDatabaseError>()
}
