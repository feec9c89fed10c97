use super::{Stock, present};
use crate::{Error, domain::Holding};

/// The slots of one buyer in one sale.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) epoch: i64,
    /// `(slot, holding)`, by slot.
    pub(crate) slots: Vec<(i32, Holding)>,
}

impl Stock {
    /// `None`: the sale is absent.
    pub(crate) async fn held(&self, activity: i64, user: i64) -> Result<Option<Held>, Error> {
        let reply: Vec<String> = self
            .held
            .call(&self.kv, &self.keys(activity, ["meta", "buyers"]))
            .arg(user)
            .invoke()
            .await?;
        present(&reply, read, "a buyer's slots that cannot be read")
    }
}

fn read(reply: &[String]) -> Option<Held> {
    let (epoch, slots) = reply.split_first()?;
    let slot = |pair: &[String]| match pair {
        [slot, text] => Some((slot.parse().ok()?, Holding::parse(text)?)),
        _ => None,
    };
    Some(Held {
        epoch: epoch.parse().ok()?,
        slots: slots.chunks(2).map(slot).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_whole_or_not_at_all() {
        let text = |parts: &[&str]| parts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let held = read(&text(&["3", "2", "42|8|1000|k"])).unwrap();
        assert_eq!((held.epoch, held.slots[0].0), (3, 2));
        assert_eq!(held.slots[0].1.order_id, 42);
        assert!(read(&text(&["3"])).unwrap().slots.is_empty());
        for odd in [&["3", "2"][..], &["3", "2", "42"], &["x"], &[]] {
            assert_eq!(read(&text(odd)), None, "{odd:?}");
        }
    }
}
