use fault::{Fault, Reason};
use ids::{ActivityId, OrderId};

use crate::{
    domain::{TermsRefused, Wrong},
    store::Corrupt,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// Also another buyer's.
    #[error("order {0} is not there for this caller")]
    NoOrder(OrderId),
    #[error("that is no order number")]
    NoSuchNumber,
    #[error("activity {0} has no sale")]
    NoSale(ActivityId),
    #[error("activity {activity} is at epoch {own}, behind the caller's {theirs}")]
    Behind {
        activity: ActivityId,
        own: i64,
        theirs: i64,
    },
    #[error("order {0} was accepted and has not landed yet")]
    Processing(OrderId),
    #[error("order {order} cannot be paid")]
    NotPayable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("order {order} cannot be cancelled")]
    NotCancellable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("order {order} cannot be refunded")]
    NotRefundable {
        order: OrderId,
        #[source]
        why: Wrong,
    },
    #[error("terms that no sale can have")]
    Terms(#[from] TermsRefused),
    #[error("{0}")]
    Parameter(&'static str),
    #[error("seckill does not say what it accepted")]
    Seckill(#[source] rpc::PeerError),
    #[error(transparent)]
    Auth(#[from] auth::AuthError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Db(error) => error.sqlx(),
            Self::Corrupt(_)
            | Self::NoOrder(_)
            | Self::NoSuchNumber
            | Self::NoSale(_)
            | Self::Behind { .. }
            | Self::Processing(_)
            | Self::NotPayable { .. }
            | Self::NotCancellable { .. }
            | Self::NotRefundable { .. }
            | Self::Terms(_)
            | Self::Parameter(_)
            | Self::Seckill(_)
            | Self::Auth(_) => None,
        }
    }
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Db(error) => error.reason(),
            Self::Corrupt(_) => Reason::Internal,
            Self::NoOrder(_) | Self::NoSuchNumber => Reason::OrderNotFound,
            Self::NoSale(_) => Reason::ActivityNotFound,
            Self::Behind { .. } => Reason::Unavailable,
            Self::Processing(_) | Self::NotRefundable { .. } => Reason::OrderState,
            Self::NotPayable { why, .. } => match why {
                Wrong::Expired => Reason::OrderExpired,
                Wrong::Paid => Reason::OrderPaid,
                Wrong::Closing | Wrong::Unpaid | Wrong::Over => Reason::OrderState,
            },
            Self::NotCancellable { .. } => Reason::OrderCancelFailed,
            Self::Terms(_) => Reason::SeckillParameter,
            Self::Parameter(_) => Reason::OrderParameter,
            Self::Seckill(error) => error.reason(),
            Self::Auth(error) => error.reason(),
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        /// An order lands within a second of its acceptance.
        const LANDING_S: u32 = 1;
        match self {
            Self::Processing(_) | Self::Behind { .. } => Some(LANDING_S),
            Self::Db(error) => error.retry_after_s(),
            Self::Seckill(error) => error.retry_after_s(),
            Self::Auth(error) => error.retry_after_s(),
            Self::Corrupt(_)
            | Self::NoOrder(_)
            | Self::NoSuchNumber
            | Self::NoSale(_)
            | Self::NotPayable { .. }
            | Self::NotCancellable { .. }
            | Self::NotRefundable { .. }
            | Self::Terms(_)
            | Self::Parameter(_) => None,
        }
    }
}

impl Error {
    /// The engine is away or overloaded: whoever can wait should, instead of giving up a message.
    pub fn is_away(&self) -> bool {
        self.reason() == Reason::Unavailable
    }
}
