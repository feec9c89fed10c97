use ids::ProductId;

use super::{Invalid, Item};

/// Exact in JavaScript.
pub const STOCK_MAX: i64 = (1 << 53) - 1;

/// Units that a product has: 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock(i64);

impl Stock {
    pub fn units(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Stock {
    type Error = Invalid;

    fn try_from(units: i64) -> Result<Self, Invalid> {
        if (0..=STOCK_MAX).contains(&units) {
            Ok(Self(units))
        } else {
            Err(Invalid::Stock)
        }
    }
}

/// How much is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    All,
    Units(i64),
}

impl Amount {
    /// 0 on the wire means all.
    pub fn to_take(units: i64) -> Result<Self, Invalid> {
        match units {
            0 => Ok(Self::All),
            1..=STOCK_MAX => Ok(Self::Units(units)),
            _ => Err(Invalid::Units),
        }
    }

    pub fn to_return(units: i64) -> Result<Self, Invalid> {
        if (1..=STOCK_MAX).contains(&units) {
            Ok(Self::Units(units))
        } else {
            Err(Invalid::Units)
        }
    }

    pub fn asked(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Units(units) => units,
        }
    }
}

/// Names one movement for ever: `sale/7/1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveKey(String);

impl MoveKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MoveKey {
    type Error = Invalid;

    fn try_from(key: String) -> Result<Self, Invalid> {
        const BYTES_MAX: usize = 64;
        let fits = !key.is_empty() && key.len() <= BYTES_MAX;
        if fits && key.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(key))
        } else {
            Err(Invalid::MoveKey)
        }
    }
}

words! {
    Kind { Take = "take", Return = "return" }

    /// What became of a movement, for ever.
    Outcome {
        Moved = "moved",
        /// Fewer units than asked for; none were taken.
        Short = "short",
        /// There is no such product.
        Missing = "missing",
        /// The stock would no longer be exact.
        Full = "full",
    }
}

/// A movement that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub key: MoveKey,
    pub kind: Kind,
    pub product: ProductId,
    pub amount: Amount,
}

/// What a movement came to: the answer to its key, now and whenever it is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub outcome: Outcome,
    pub moved: i64,
    /// The product right after the movement.
    pub item: Option<Item>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_negative_and_nothing_inexact_is_moved() {
        assert_eq!(Amount::to_take(0), Ok(Amount::All));
        assert_eq!(Amount::to_take(5), Ok(Amount::Units(5)));
        assert!(Amount::to_take(-1).is_err());
        assert!(Amount::to_take(i64::MAX).is_err());
        assert!(Amount::to_return(0).is_err());
        assert!(Stock::try_from(-1).is_err());
        assert!(Stock::try_from(STOCK_MAX + 1).is_err());
    }

    #[test]
    fn keys_are_short_and_visible() {
        assert!(MoveKey::try_from("sale/7/1".to_owned()).is_ok());
        for bad in [
            String::new(),
            "a b".to_owned(),
            "é".to_owned(),
            "x".repeat(65),
        ] {
            assert!(MoveKey::try_from(bad.clone()).is_err(), "{bad}");
        }
    }
}
