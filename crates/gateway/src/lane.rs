//! Lanes: bulkheads that bound how many requests of a kind are in progress. An overload of one
//! sheds only its own requests.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Seckill,
    Browse,
    Account,
    Money,
    /// What payment companies report; apart from buyers' own calls, which depend on it.
    Notify,
    Compare,
    /// Files on their way in.
    Upload,
    Admin,
    /// Answered from memory and without a bound: probes, and paths that do not exist.
    Exempt,
}

impl Lane {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seckill => "seckill",
            Self::Browse => "browse",
            Self::Account => "account",
            Self::Money => "money",
            Self::Notify => "notify",
            Self::Compare => "compare",
            Self::Upload => "upload",
            Self::Admin => "admin",
            Self::Exempt => "exempt",
        }
    }
}

pub(crate) struct Lanes {
    seckill: Arc<Semaphore>,
    browse: Arc<Semaphore>,
    account: Arc<Semaphore>,
    money: Arc<Semaphore>,
    notify: Arc<Semaphore>,
    compare: Arc<Semaphore>,
    upload: Arc<Semaphore>,
    admin: Arc<Semaphore>,
}

impl Lanes {
    pub(crate) fn new(config: config::Lanes) -> Self {
        let lane = |size| Arc::new(Semaphore::new(size));
        Self {
            seckill: lane(config.seckill),
            browse: lane(config.browse),
            account: lane(config.account),
            money: lane(config.money),
            notify: lane(config.notify),
            compare: lane(config.compare),
            upload: lane(config.upload),
            admin: lane(config.admin),
        }
    }

    pub(crate) fn enter(&self, lane: Lane) -> Result<Place, Full> {
        let places = match lane {
            Lane::Seckill => &self.seckill,
            Lane::Browse => &self.browse,
            Lane::Account => &self.account,
            Lane::Money => &self.money,
            Lane::Notify => &self.notify,
            Lane::Compare => &self.compare,
            Lane::Upload => &self.upload,
            Lane::Admin => &self.admin,
            Lane::Exempt => return Ok(Place(None)),
        };
        let place = Arc::clone(places).try_acquire_owned();
        place.map(|place| Place(Some(place))).map_err(|_| Full)
    }
}

/// Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(
    #[expect(dead_code, reason = "held, never read")] Option<OwnedSemaphorePermit>,
);

/// The lane takes no more.
#[derive(Debug)]
pub(crate) struct Full;
