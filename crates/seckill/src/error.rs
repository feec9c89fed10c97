use fault::{Fault, Reason};
use ids::ActivityId;

use crate::domain::Invalid;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("there is no activity {0}")]
    NotFound(i64),
    #[error("activity {0} is over")]
    Over(ActivityId),
    #[error("another activity of product {0} runs in that window")]
    Overlaps(i64),
    #[error("product {0} is off the shelf")]
    OffShelf(i64),
    #[error("the product has fewer units than asked for")]
    Stock,
    #[error("activity {0}: units below the highest that is sold")]
    UnitsBelowSold(ActivityId),
    /// Another intent is being carried out.
    #[error("activity {0} is being changed")]
    Changing(ActivityId),
    #[error("the ticket is not ours, or not this buyer's")]
    Ticket,
    #[error("activity {activity}: the row says {what}")]
    Unreadable { activity: i64, what: String },
    #[error("a peer")]
    Peer(#[from] rpc::PeerError),
    #[error("seckill's database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Rows(#[from] db::Error),
    #[error("Redis")]
    Kv(#[from] kv::Error),
    #[error("the broker")]
    Mq(#[from] mq::Error),
    #[error("unexpected: {0}")]
    Unexpected(&'static str),
    /// The lease is held elsewhere, or was lost on the way.
    #[error("activity {0} is rebuilt elsewhere")]
    Leased(ActivityId),
}

impl Error {
    /// Redis was not reached, or did not answer in time.
    pub(crate) fn is_away(&self) -> bool {
        matches!(self, Self::Kv(error) if error.is_away())
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Invalid(_) => Reason::SeckillParameter,
            Self::NotFound(_) => Reason::ActivityNotFound,
            Self::Over(_) => Reason::Ended,
            Self::Overlaps(_) => Reason::ActivityOverlaps,
            Self::OffShelf(_) => Reason::ProductOffShelf,
            Self::Stock => Reason::StockInsufficient,
            Self::UnitsBelowSold(_) => Reason::UnitsBelowSold,
            Self::Ticket => Reason::NotFound,
            Self::Unreadable { .. } | Self::Unexpected(_) => Reason::Internal,
            Self::Peer(error) => error.reason(),
            Self::Database(error) => db::reason(error),
            Self::Rows(error) => error.reason(),
            Self::Changing(_) | Self::Leased(_) | Self::Kv(_) | Self::Mq(_) => Reason::SeckillBusy,
        }
    }

    fn public_message(&self) -> String {
        match self {
            Self::Invalid(invalid) => format!("{}: {invalid}", self.reason().message()),
            Self::Peer(error) => error.public_message(),
            Self::NotFound(_)
            | Self::Over(_)
            | Self::Overlaps(_)
            | Self::OffShelf(_)
            | Self::Stock
            | Self::UnitsBelowSold(_)
            | Self::Changing(_)
            | Self::Ticket
            | Self::Unreadable { .. }
            | Self::Unexpected(_)
            | Self::Database(_)
            | Self::Rows(_)
            | Self::Kv(_)
            | Self::Mq(_)
            | Self::Leased(_) => self.reason().message().to_owned(),
        }
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Invalid(_)
            | Self::NotFound(_)
            | Self::Over(_)
            | Self::Overlaps(_)
            | Self::OffShelf(_)
            | Self::Stock
            | Self::UnitsBelowSold(_)
            | Self::Changing(_)
            | Self::Ticket
            | Self::Unreadable { .. }
            | Self::Peer(_)
            | Self::Rows(_)
            | Self::Kv(_)
            | Self::Mq(_)
            | Self::Unexpected(_)
            | Self::Leased(_) => None,
        }
    }
}

impl From<tonic::Status> for Error {
    fn from(status: tonic::Status) -> Self {
        Self::Peer(status.into())
    }
}
