//! Exact amounts of CNY. No conversion to or from a float exists.
//!
//! Stored as `BIGINT` fen. JSON in: a number or a string of yuan with at most two decimals, read from the
//! raw text; JSON out: a number with two decimals.

use std::{fmt, iter::Sum, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

/// An amount in fen, at most 2^53 − 1 either side of zero, so that JavaScript reads it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money {
    fen: i64,
}

/// The largest amount, in fen.
pub const FEN_MAX: i64 = (1 << 53) - 1;

/// Why a text or a number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    #[error("not a decimal number")]
    NotANumber,
    #[error("more than two decimals")]
    TooPrecise,
    #[error("too large")]
    TooLarge,
}

impl Money {
    pub const ZERO: Self = Self { fen: 0 };

    pub const fn from_fen(fen: i64) -> Result<Self, NotMoney> {
        if fen > FEN_MAX || fen < -FEN_MAX {
            Err(NotMoney::TooLarge)
        } else {
            Ok(Self { fen })
        }
    }

    pub const fn fen(self) -> i64 {
        self.fen
    }

    pub fn yuan(self) -> Decimal {
        Decimal::new(self.fen, 2)
    }

    pub fn from_yuan(yuan: Decimal) -> Result<Self, NotMoney> {
        let yuan = yuan.normalize();
        if yuan.scale() > 2 {
            return Err(NotMoney::TooPrecise);
        }
        let fen = yuan
            .checked_mul(Decimal::ONE_HUNDRED)
            .ok_or(NotMoney::TooLarge)?;
        i64::try_from(fen)
            .map_err(|_| NotMoney::TooLarge)
            .and_then(Self::from_fen)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.fen
            .checked_add(other.fen)
            .and_then(|fen| Self::from_fen(fen).ok())
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.fen
            .checked_sub(other.fen)
            .and_then(|fen| Self::from_fen(fen).ok())
    }

    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.fen
            .checked_mul(times)
            .and_then(|fen| Self::from_fen(fen).ok())
    }

    pub const fn is_positive(self) -> bool {
        self.fen > 0
    }
}

/// Sums saturate at the largest amount; check with `checked_add` where that could matter.
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        let fen = amounts.fold(0_i64, |sum, m| sum.saturating_add(m.fen));
        Self {
            fen: fen.clamp(-FEN_MAX, FEN_MAX),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.fen < 0 { "-" } else { "" };
        let fen = self.fen.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        // `Decimal` rounds what it cannot hold: digits are bounded before it sees them.
        const DIGITS_MAX: usize = 28;
        if text.len() > DIGITS_MAX {
            return Err(NotMoney::TooLarge);
        }
        let yuan = if text.contains(['e', 'E']) {
            Decimal::from_scientific(text)
        } else {
            Decimal::from_str_exact(text)
        };
        Self::from_yuan(yuan.map_err(|_| NotMoney::NotANumber)?)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap_or(text);
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{
            RefOr,
            schema::{ObjectBuilder, Schema, SchemaType, Type},
        },
    };

    use super::Money;

    impl PartialSchema for Money {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([Type::Number, Type::String]))
                .description(Some(
                    "Yuan with at most two decimals; answered as a number.",
                ))
                .examples([serde_json::json!(19.99)])
                .into()
        }
    }

    impl ToSchema for Money {
        fn name() -> Cow<'static, str> {
            Cow::Borrowed("Money")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<i64, String> {
        serde_json::from_str::<Money>(json)
            .map(Money::fen)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn numbers_and_strings_are_read_exactly() {
        assert_eq!(read("100.5"), Ok(10_050));
        assert_eq!(read("\"100.50\""), Ok(10_050));
        assert_eq!(read("0.01"), Ok(1));
        assert_eq!(read("1e2"), Ok(10_000));
        assert_eq!(read("-3"), Ok(-300));
        // A float would have lost the last digits.
        assert_eq!(read("12345678901234.56"), Ok(1_234_567_890_123_456));
    }

    #[test]
    fn anything_that_is_not_an_exact_amount_is_refused() {
        for json in [
            "0.001",
            "1.005",
            "true",
            "\"\"",
            "\"1 2\"",
            "null",
            "[]",
            "1e400",
            "90071992547409.92",
            "\"0x10\"",
            "123456789012345678901234567890",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn amounts_are_written_with_two_decimals() {
        let write = |fen| serde_json::to_string(&Money::from_fen(fen).unwrap()).unwrap();
        assert_eq!(write(10_050), "100.50");
        assert_eq!(write(5), "0.05");
        assert_eq!(write(-5), "-0.05");
        assert_eq!(write(0), "0.00");
    }

    #[test]
    fn arithmetic_reports_overflow() {
        let most = Money::from_fen(FEN_MAX).unwrap();
        let one = Money::from_fen(1).unwrap();
        assert_eq!(most.checked_add(one), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(Money::ZERO.checked_sub(one).map(Money::fen), Some(-1));
    }
}
