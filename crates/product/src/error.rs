use std::sync::Arc;

use fault::{Fault, Reason};
use ids::{OrderId, ProductId};

use crate::domain::{Invalid, Wrong};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("there is no product {0}")]
    NotFound(ProductId),
    #[error("{0} names no product")]
    NoId(i64),
    /// The same key for two movements: its second user is wrong about something.
    #[error("key {key} belongs to another movement")]
    KeyReused { key: String },
    #[error("product {0} cannot hold that many units")]
    Full(ProductId),
    #[error("order {0} holds no units")]
    NoReservation(OrderId),
    #[error(transparent)]
    Settle(#[from] Wrong),
    #[error("order {0} asked for other lines before")]
    OtherLines(OrderId),
    /// There is no such product, or its stock would leave the range.
    #[error("the stock of product {product} cannot change by {delta}")]
    Adjust { product: ProductId, delta: i64 },
    #[error(transparent)]
    Auth(#[from] auth::AuthError),
    #[error("the row of movement {key} cannot be read: {what}")]
    Unreadable { key: String, what: String },
    #[error("the catalogue's database failed")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Rows(#[from] db::Error),
    /// The one read that several callers waited for.
    #[error("the shared read failed")]
    Shared(#[source] Arc<Error>),
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Invalid(_) | Self::KeyReused { .. } | Self::Full(_) => Reason::ProductParameter,
            Self::NotFound(_) | Self::NoId(_) => Reason::ProductNotFound,
            Self::Adjust { .. } => Reason::StockInsufficient,
            Self::NoReservation(_) | Self::Settle(_) | Self::OtherLines(_) => Reason::Conflict,
            Self::Auth(error) => error.reason(),
            Self::Unreadable { .. } => Reason::Internal,
            Self::Database(error) => db::reason(error),
            Self::Rows(error) => error.reason(),
            Self::Shared(error) => error.reason(),
        }
    }

    fn public_message(&self) -> String {
        let message = self.reason().message();
        match self {
            Self::Invalid(invalid) => format!("{message}: {invalid}"),
            Self::KeyReused { .. }
            | Self::Full(_)
            | Self::NotFound(_)
            | Self::NoId(_)
            | Self::NoReservation(_)
            | Self::Settle(_)
            | Self::OtherLines(_)
            | Self::Adjust { .. }
            | Self::Auth(_)
            | Self::Unreadable { .. }
            | Self::Database(_)
            | Self::Rows(_) => message.to_owned(),
            Self::Shared(error) => error.public_message(),
        }
    }
}

impl db::Retryable for Error {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Rows(error) => error.sqlx(),
            Self::Invalid(_)
            | Self::NotFound(_)
            | Self::NoId(_)
            | Self::KeyReused { .. }
            | Self::Full(_)
            | Self::NoReservation(_)
            | Self::Settle(_)
            | Self::OtherLines(_)
            | Self::Adjust { .. }
            | Self::Auth(_)
            | Self::Unreadable { .. }
            | Self::Shared(_) => None,
        }
    }
}
