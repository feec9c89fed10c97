//! Every statement of the compare schema. READ COMMITTED throughout.

mod job_row;
mod jobs;
mod reports;
mod uploads;

use db::Pool;

pub(crate) use jobs::{Beat, Inserted};
pub(crate) use reports::Report;

/// A row that no version of this service writes.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id}: {what} is {value:?}")]
pub struct Corrupt {
    pub table: &'static str,
    pub id: i64,
    pub what: &'static str,
    pub value: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self { pool }
    }

    pub(crate) const fn pool(&self) -> &Pool {
        &self.pool
    }
}
