//! Typed ids. All stay above 0 and below 2^53, so that JavaScript reads them exactly.
//!
//! Rows that people type or link are `BIGINT AUTO_INCREMENT` and JSON numbers. What is made before the
//! database sees it takes its number from a [`Block`] leased in MySQL, and its public name is a string.

mod block;
mod number;

pub use block::{Block, BlockSource};
pub use number::{OrderNo, PaymentNo, RefundNo};

/// Ids end below this.
pub const ID_END: i64 = 1 << 53;

/// A number that cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an id: ids are above 0 and below 2^53")]
pub struct NotAnId(pub i64);

/// Text that cannot be an order, payment or refund number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} number")]
pub struct NotANumber(pub &'static str);

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name(i64);

        impl $name {
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = NotAnId;

            fn try_from(value: i64) -> Result<Self, NotAnId> {
                if value > 0 && value < ID_END { Ok(Self(value)) } else { Err(NotAnId(value)) }
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.parse::<i64>().map_err(|_| NotAnId(0)).and_then(Self::try_from)
            }
        }
    )+};
}

id! {
    UserId,
    SessionId,
    ProductId,
    ActivityId,
    /// Also the reservation's id: one reservation is one order.
    OrderId,
    PaymentId,
    RefundId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_positive_and_exact_in_javascript() {
        assert!(UserId::try_from(0).is_err());
        assert!(UserId::try_from(-1).is_err());
        assert!(UserId::try_from(ID_END).is_err());
        assert_eq!(
            UserId::try_from(ID_END - 1).map(UserId::get),
            Ok(ID_END - 1)
        );
        assert_eq!("7".parse::<OrderId>().map(i64::from), Ok(7));
        assert!("7x".parse::<OrderId>().is_err());
    }
}
