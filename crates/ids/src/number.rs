//! Public numbers: a prefix, the shop's date, and the id in twelve digits.
//!
//! `ORD20261121000000000042` is order 42, made on 2026-11-21 in Shanghai. The number is also WeChat's
//! `out_trade_no` / `out_refund_no`, which allows 32 characters.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use crate::{NotANumber, OrderId, PaymentId, RefundId};

const DATE_DIGITS: usize = 8;
/// More digits follow when an id needs them: 2^53 has sixteen.
const ID_DIGITS_MIN: usize = 12;
const ID_DIGITS_MAX: usize = 16;

macro_rules! number {
    ($name:ident, $id:ident, $prefix:literal, $what:literal) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name {
            date: u32,
            id: $id,
        }

        impl $name {
            /// Names `id` by the shop's date at `at`.
            pub fn new(id: $id, at: DateTime<Utc>) -> Self {
                Self {
                    date: shop_date(at),
                    id,
                }
            }

            pub fn id(self) -> $id {
                self.id
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:08}{:012}"), self.date, self.id.get())
            }
        }

        impl FromStr for $name {
            type Err = NotANumber;

            fn from_str(text: &str) -> Result<Self, NotANumber> {
                let wrong = || NotANumber($what);
                let digits = text.strip_prefix($prefix).ok_or_else(wrong)?;
                let (date, id) = split(digits).ok_or_else(wrong)?;
                Ok(Self {
                    date,
                    id: $id::try_from(id).map_err(|_| wrong())?,
                })
            }
        }
    };
}

number!(OrderNo, OrderId, "ORD", "order");
number!(PaymentNo, PaymentId, "PAY", "payment");
number!(RefundNo, RefundId, "REF", "refund");

fn shop_date(at: DateTime<Utc>) -> u32 {
    use chrono::Datelike;
    let day = clock::in_shanghai(at).date_naive();
    day.year().unsigned_abs() * 10_000 + day.month() * 100 + day.day()
}

/// Accepts only the spelling that `Display` writes, so that one thing has one name.
fn split(digits: &str) -> Option<(u32, i64)> {
    let id_digits = digits.len().checked_sub(DATE_DIGITS)?;
    if !(ID_DIGITS_MIN..=ID_DIGITS_MAX).contains(&id_digits) {
        return None;
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (date, id) = digits.split_at(DATE_DIGITS);
    if id_digits > ID_DIGITS_MIN && id.starts_with('0') {
        return None;
    }
    Some((date.parse().ok()?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_order_number_reads_back() {
        let id = OrderId::try_from(42).unwrap();
        let number = OrderNo::new(id, at("2026-11-20T16:30:00Z"));
        assert_eq!(number.to_string(), "ORD20261121000000000042");
        assert_eq!("ORD20261121000000000042".parse(), Ok(number));
        assert_eq!(number.id(), id);
    }

    #[test]
    fn long_ids_keep_all_their_digits() {
        let id = PaymentId::try_from(crate::ID_END - 1).unwrap();
        let number = PaymentNo::new(id, at("2026-01-01T00:00:00Z"));
        assert!(number.to_string().len() <= 32);
        assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "ORD",
            "ORD20261121",
            "PAY20261121000000000042",
            "ORD2026112100000000004x",
            "ORD202611210000000000420",
            "ORD20261121000000000000",
            "ord20261121000000000042",
        ] {
            assert!(text.parse::<OrderNo>().is_err(), "{text}");
        }
    }
}
