use super::Stock;
use crate::{Error, domain::Holding};

/// A buyer's question to one sale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldIn {
    pub(crate) activity: i64,
    /// The activity's slots per user.
    pub(crate) limit: i32,
}

/// The slots of one buyer in one sale.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) epoch: i64,
    /// `(slot, holding)`, by slot.
    pub(crate) slots: Vec<(i32, Holding)>,
}

/// The sale's epoch and the slots' values, read at one moment.
type Read = (Option<String>, Vec<Option<String>>);

impl Stock {
    /// What a buyer holds in each of the sales; `None`: the sale is absent. One transaction of plain
    /// reads for all of them: an order list costs no script, and no round trip a sale.
    pub(crate) async fn held(
        &self,
        sales: &[HeldIn],
        user: i64,
    ) -> Result<Vec<Option<Held>>, Error> {
        let mut held = Vec::with_capacity(sales.len());
        // In a cluster each sale may be on a server of its own.
        for sales in sales.chunks(self.sales_per_transaction()) {
            let mut reads = kv::pipe();
            for sale in sales {
                let [meta, buyers] = self.keys(sale.activity, ["meta", "buyers"]);
                let mut slots = kv::cmd("HMGET");
                slots.arg(buyers);
                for slot in 1..=sale.limit {
                    slots.arg(format!("{user}/{slot}"));
                }
                reads.hget(meta, "epoch").add_command(slots);
            }
            let replies: Vec<kv::Value> = self.kv.transaction("held", &mut reads).await?;
            for pair in replies.chunks(2) {
                held.push(read(kv::read(kv::Value::Array(pair.to_vec()))?));
            }
        }
        Ok(held)
    }
}

fn read((epoch, slots): Read) -> Option<Held> {
    let slots = (1..).zip(slots);
    let held = |(slot, text): (i32, Option<String>)| Some((slot, Holding::parse(&text?)?));
    Some(Held {
        epoch: epoch?.parse().ok()?,
        slots: slots.filter_map(held).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_buyers_slots_in_many_sales_are_one_transaction() {
        let stock = Stock::new(kv::connect(&testkit::kv_config()).await.unwrap());
        for activity in [1, 3] {
            let [meta, buyers] = stock.keys(activity, ["meta", "buyers"]);
            let mut write = kv::pipe();
            write.hset(&meta, "epoch", activity + 10);
            write.hset(&buyers, "7/2", format!("{activity}|8|1000|k"));
            write.hset(&buyers, "8/1", "99|9|1000|k");
            let _: kv::Value = stock.kv.transaction("write", &mut write).await.unwrap();
        }
        let sales = [1, 2, 3].map(|activity| HeldIn { activity, limit: 3 });
        let held = stock.held(&sales, 7).await.unwrap();
        let orders = |held: &Option<Held>| {
            let held = held.as_ref()?;
            let [(2, holding)] = &held.slots[..] else {
                return None;
            };
            Some((held.epoch, holding.order_id))
        };
        let found: Vec<_> = held.iter().map(orders).collect();
        assert_eq!(found, [Some((11, 1)), None, Some((13, 3))]);
        assert!(stock.held(&[], 7).await.unwrap().is_empty());
    }
}
