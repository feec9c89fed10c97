//! Every statement of the payment schema.

mod audit;
mod blocks;
mod holds;
mod lists;
mod notifications;
mod payment_row;
mod payments;
mod refunds;

use db::Pool;

pub(crate) use audit::ReportLine;
pub(crate) use lists::{PaymentFilter, RefundFilter};
pub(crate) use notifications::Received;
pub(crate) use payments::NewCodeUrl;

/// A row that no version of this service writes.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id}: {what} is {value:?}")]
pub(crate) struct CorruptRow {
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
