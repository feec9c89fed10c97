//! Every statement of the service.

mod activities;
mod intents;
mod leases;

use db::Pool;

pub(crate) use activities::{Filter, Product, Status};

/// Activities, and the leases of their rebuilds.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: Pool,
}

impl Store {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }
}
