//! Which slots and units an order was given.

use std::{fmt, str::FromStr};

/// One of an order's units, and the buyer's slot that it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub slot: i32,
    /// 0: not known, because the order was cancelled before it landed.
    pub unit_no: i64,
}

/// An order's units as they were reserved, by slot. Never empty, slots and known units distinct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units(Vec<Held>);

/// Why a list of slots and units is not one order's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnits {
    #[error("no units")]
    Empty,
    #[error("more units than one order may hold")]
    TooMany,
    #[error("a slot or a unit number out of range")]
    OutOfRange,
    #[error("a slot or a unit twice")]
    Twice,
    #[error("not a list of slot:unit")]
    Text,
}

/// Slots are small; with [`QUANTITY_MAX`] of them the text below fits its column.
const SLOT_MAX: i32 = 9_999;
pub(crate) const QUANTITY_MAX: usize = 180;

impl Units {
    pub fn new(mut held: Vec<Held>) -> Result<Self, NotUnits> {
        if held.is_empty() {
            return Err(NotUnits::Empty);
        }
        if held.len() > QUANTITY_MAX {
            return Err(NotUnits::TooMany);
        }
        let fine =
            |h: &Held| (0..=SLOT_MAX).contains(&h.slot) && (0..ids::ID_END).contains(&h.unit_no);
        if !held.iter().all(fine) {
            return Err(NotUnits::OutOfRange);
        }
        held.sort_unstable();
        let mut numbers: Vec<_> = held
            .iter()
            .map(|h| h.unit_no)
            .filter(|no| *no != 0)
            .collect();
        numbers.sort_unstable();
        if held.windows(2).any(|w| w[0].slot == w[1].slot)
            || numbers.windows(2).any(|w| w[0] == w[1])
        {
            return Err(NotUnits::Twice);
        }
        Ok(Self(held))
    }

    /// As known of a reservation that never landed.
    pub fn of_slots(slots: &[i32]) -> Result<Self, NotUnits> {
        Self::new(
            slots
                .iter()
                .map(|slot| Held {
                    slot: *slot,
                    unit_no: 0,
                })
                .collect(),
        )
    }

    pub fn iter(&self) -> impl Iterator<Item = Held> + '_ {
        self.0.iter().copied()
    }

    /// At least 1.
    pub fn quantity(&self) -> i32 {
        self.0.len() as i32
    }

    pub fn slots(&self) -> Vec<i32> {
        self.0.iter().map(|h| h.slot).collect()
    }

    pub fn highest(&self) -> i64 {
        self.0.iter().map(|h| h.unit_no).max().unwrap_or(0)
    }

    /// Every unit has its number.
    pub fn are_numbered(&self) -> bool {
        self.0.iter().all(|h| h.unit_no != 0)
    }

    /// Whether both lists can be of one reservation: the same slots and, where both know them, the same units.
    pub fn agree(&self, other: &Self) -> bool {
        let same = |(a, b): (&Held, &Held)| {
            a.slot == b.slot && (a.unit_no == b.unit_no || a.unit_no == 0 || b.unit_no == 0)
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(same)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, held) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", held.slot, held.unit_no)?;
        }
        Ok(())
    }
}

impl FromStr for Units {
    type Err = NotUnits;

    fn from_str(text: &str) -> Result<Self, NotUnits> {
        let pair = |pair: &str| {
            let (slot, unit_no) = pair.split_once(':')?;
            Some(Held {
                slot: slot.parse().ok()?,
                unit_no: unit_no.parse().ok()?,
            })
        };
        let held: Option<Vec<_>> = text.split(',').map(pair).collect();
        Self::new(held.ok_or(NotUnits::Text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Units {
        text.parse().unwrap()
    }

    #[test]
    fn units_are_read_as_they_are_written() {
        assert_eq!(units("2:7,0:9").to_string(), "0:9,2:7");
        assert_eq!(units("0:9,2:7").quantity(), 2);
        for text in ["", "1", "1:2,", "0:1,0:2", "0:1,1:1", "-1:4", "0:-4"] {
            assert!(text.parse::<Units>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_longest_list_fits_its_column() {
        let most = |n| {
            let held = |i| Held {
                slot: SLOT_MAX - i,
                unit_no: ids::ID_END - 1 - i64::from(i),
            };
            Units::new((0..n).map(held).collect())
        };
        assert!(most(QUANTITY_MAX as i32).unwrap().to_string().len() <= 4_096);
        assert_eq!(most(QUANTITY_MAX as i32 + 1), Err(NotUnits::TooMany));
    }

    #[test]
    fn a_cancelled_order_agrees_with_the_message_that_comes_late() {
        let cancelled = Units::of_slots(&[1, 0]).unwrap();
        assert!(cancelled.agree(&units("0:9,1:7")));
        assert!(!cancelled.agree(&units("0:9,2:7")));
        assert!(!units("0:9").agree(&units("0:8")));
        assert!(!units("0:9").agree(&units("0:9,1:8")));
    }
}
