//! One reservation as the sale's script wrote it.

use ids::{ActivityId, OrderId, UserId};

use super::{Epoch, Units, units::NotUnits};

/// The hash of an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey(String);

/// Marks the stand-in of an order without a key, so that a key cannot look like one.
const STAND_IN: char = '#';

impl RequestKey {
    const LEN_MAX: usize = 79;

    /// Empty text: no key.
    pub fn parse(text: &str) -> Result<Option<Self>, NotAnItem> {
        if text.is_empty() {
            return Ok(None);
        }
        let fine = |b: u8| b.is_ascii_graphic();
        if text.len() > Self::LEN_MAX || text.starts_with(STAND_IN) || !text.bytes().all(fine) {
            return Err(NotAnItem::Key);
        }
        Ok(Some(Self(text.to_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands in the units of an order: its key, or its own id.
    pub fn of_units(key: Option<&Self>, order: OrderId) -> String {
        key.map_or_else(|| format!("{STAND_IN}{order}"), |key| key.0.clone())
    }

    /// The reverse: empty for a stand-in.
    pub fn from_units(text: String) -> String {
        if text.starts_with(STAND_IN) {
            String::new()
        } else {
            text
        }
    }
}

/// One winner: one item is one order, whatever its quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub activity: ActivityId,
    pub order: OrderId,
    pub user: UserId,
    /// The script's now.
    pub at_ms: i64,
    pub request_key: Option<RequestKey>,
    pub epoch: Epoch,
    pub units: Units,
}

/// Why a message's item cannot be a reservation. It never will be: a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnItem {
    #[error(transparent)]
    Id(#[from] ids::NotAnId),
    #[error(transparent)]
    Units(#[from] NotUnits),
    #[error("a unit without its number")]
    Unnumbered,
    #[error("a key that is not a hash")]
    Key,
    #[error("an epoch or a time below 1")]
    Range,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_without_a_key_stands_in_for_it() {
        let order = OrderId::try_from(7).unwrap();
        let key = RequestKey::parse("ab12").unwrap();
        assert_eq!(RequestKey::of_units(key.as_ref(), order), "ab12");
        assert_eq!(RequestKey::of_units(None, order), "#7");
        assert_eq!(RequestKey::from_units("#7".into()), "");
        assert_eq!(RequestKey::from_units("ab12".into()), "ab12");
        assert_eq!(RequestKey::parse(""), Ok(None));
        for text in ["#7", "a b", &"x".repeat(80)] {
            assert_eq!(RequestKey::parse(text), Err(NotAnItem::Key));
        }
    }
}
