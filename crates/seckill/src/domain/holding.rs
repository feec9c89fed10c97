//! The texts that scripts keep in Redis.

use proto::order::{ReservedItem, reserved_item::Unit};

/// Whether order will take it: the hash of an Idempotency-Key, printable and short.
pub(crate) fn is_request_key(text: &str) -> bool {
    const LEN_MAX: usize = 79;
    text.len() <= LEN_MAX
        && !text.starts_with('#')
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a buyer's slot holds: `order id|unit|at|request key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) order_id: i64,
    pub(crate) unit_no: i64,
    pub(crate) at_ms: i64,
    pub(crate) request_key: String,
}

impl Holding {
    pub(crate) fn text(&self) -> String {
        format!(
            "{}|{}|{}|{}",
            self.order_id, self.unit_no, self.at_ms, self.request_key
        )
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '|');
        Some(Self {
            order_id: parts.next()?.parse().ok()?,
            unit_no: parts.next()?.parse().ok()?,
            at_ms: parts.next()?.parse().ok()?,
            request_key: parts.next()?.to_owned(),
        })
    }
}

/// An entry of the hand-off list: `user|at|epoch|slot:unit,…|trace parent|request key`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unsent(pub(crate) ReservedItem);

impl Unsent {
    pub(crate) fn parse(activity_id: i64, order_id: i64, text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, '|').collect();
        let [user, at, epoch, units, trace, key] = parts.as_slice() else {
            return None;
        };
        Some(Self(ReservedItem {
            activity_id,
            order_id,
            user_id: user.parse().ok()?,
            at_ms: at.parse().ok()?,
            request_key: (*key).to_owned(),
            epoch: epoch.parse().ok()?,
            units: unit_pairs(units)?,
            trace_parent: (*trace).to_owned(),
        }))
    }
}

/// `slot:unit,…`
pub(crate) fn unit_pairs(text: &str) -> Option<Vec<Unit>> {
    let unit = |pair: &str| {
        let (slot, unit_no) = pair.split_once(':')?;
        Some(Unit {
            slot: slot.parse().ok()?,
            unit_no: unit_no.parse().ok()?,
        })
    };
    text.split(',').map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holding_reads_back() {
        let holding = Holding {
            order_id: 9_007_199_254_740_991,
            unit_no: 3,
            at_ms: 5,
            request_key: "k".into(),
        };
        assert_eq!(Holding::parse(&holding.text()), Some(holding));
        assert_eq!(Holding::parse("1|2"), None);
    }

    #[test]
    fn a_request_key_is_what_order_takes() {
        for fine in ["", "k", "a|b", &"x".repeat(79)] {
            assert!(is_request_key(fine), "{fine}");
        }
        for wrong in ["#1", "a b", "键", &"x".repeat(80)] {
            assert!(!is_request_key(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_entry_of_the_hand_off_list_is_a_reservation() {
        let Unsent(item) = Unsent::parse(7, 42, "5|1000|3|1:8,2:9||k|k").unwrap();
        assert_eq!((item.user_id, item.epoch, item.units.len()), (5, 3, 2));
        assert_eq!((item.units[1].slot, item.units[1].unit_no), (2, 9));
        assert_eq!((&*item.trace_parent, &*item.request_key), ("", "k|k"));
        assert!(Unsent::parse(7, 42, "5|1000|3|||k").is_none());
    }
}
