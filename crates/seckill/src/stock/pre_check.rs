use super::Stock;
use crate::Error;

/// A sale that is to be looked at.
#[derive(Debug)]
pub(crate) struct PreCheck {
    pub(crate) activity: i64,
    /// Order's, as far as the caller knows.
    pub(crate) epoch: i64,
    /// The activity's slots per user, as far as the caller knows.
    pub(crate) limit: i32,
    /// User and quantity.
    pub(crate) buyers: Vec<(i64, i32)>,
}

/// What the pre-check reads, in this order.
type Read = (Vec<Option<String>>, i64, i64, Vec<kv::Value>);
const READS: usize = 4;

/// What is left of a sale that sells.
struct Left {
    epoch: i64,
    available: i64,
    start_ms: i64,
    end_ms: i64,
    limit: i32,
}

impl Stock {
    /// Sales that one transaction can read: in a cluster each may be on a server of its own.
    pub(crate) fn sales_per_transaction(&self) -> usize {
        if self.kv.is_cluster() { 1 } else { usize::MAX }
    }

    /// Of each sale, which buyers `reserve` would refuse as sold out at this moment. Only the script decides
    /// about the others.
    ///
    /// Once the units are gone most buyers are refused, and this refuses them for a tenth of the script's price.
    /// `now_ms`: 0 for the server's time.
    pub(crate) async fn pre_check(
        &self,
        now_ms: i64,
        checks: &[PreCheck],
    ) -> Result<Vec<Vec<bool>>, Error> {
        let mut reads = kv::pipe();
        for check in checks {
            self.read(check, &mut reads);
        }
        reads.cmd("TIME");
        let mut replies: Vec<kv::Value> = self.kv.transaction("pre_check", &mut reads).await?;
        let time = replies.pop().unwrap_or(kv::Value::Nil);
        let (seconds, micros): (i64, i64) = kv::read(time)?;
        let now_ms = if now_ms == 0 {
            seconds * 1_000 + micros / 1_000
        } else {
            now_ms
        };
        let mut replies = replies.into_iter();
        let judged = checks.iter().map(|check| {
            let read = replies.by_ref().take(READS).collect();
            Ok(check.judge(now_ms, kv::read(kv::Value::Array(read))?))
        });
        judged.collect()
    }

    fn read(&self, check: &PreCheck, reads: &mut kv::Pipeline) {
        let [meta, returned, held] = self.keys(check.activity, ["meta", "returned", "buyers"]);
        let mut slots = kv::cmd("HMGET");
        slots.arg(&held);
        for (user, _) in &check.buyers {
            for slot in 1..=check.limit {
                slots.arg(format!("{user}/{slot}"));
            }
        }
        let terms = ["epoch", "state", "units", "next", "start", "end", "limit"];
        reads.hmget(meta, &terms).llen(returned).hlen(held);
        reads.add_command(slots);
    }
}

impl PreCheck {
    fn judge(&self, now_ms: i64, (meta, returned, held, slots): Read) -> Vec<bool> {
        let sells = |left: &Left| {
            left.epoch >= self.epoch
                && left.limit == self.limit
                && now_ms >= left.start_ms
                && (left.end_ms <= 0 || now_ms < left.end_ms)
        };
        let Some(left) = left(&meta, returned, held).filter(sells) else {
            return vec![false; self.buyers.len()];
        };
        let mut slots = slots.into_iter();
        let is_refused = |&(_, quantity): &(i64, i32)| {
            let mut mine = slots.by_ref().take(self.limit as usize);
            let holds_none = mine.all(|slot| slot == kv::Value::Nil);
            mine.for_each(drop);
            holds_none && quantity <= self.limit && i64::from(quantity) > left.available
        };
        self.buyers.iter().map(is_refused).collect()
    }
}

/// Nothing where the script would say "paused".
fn left(meta: &[Option<String>], returned: i64, held: i64) -> Option<Left> {
    let [
        Some(epoch),
        Some(state),
        Some(units),
        Some(next),
        Some(start),
        Some(end),
        Some(limit),
    ] = meta
    else {
        return None;
    };
    let next: i64 = next.parse().ok()?;
    let units: i64 = units.parse().ok()?;
    (state == "open" && held + returned == next).then_some(Left {
        epoch: epoch.parse().ok()?,
        available: units - next + returned,
        start_ms: start.parse().ok()?,
        end_ms: end.parse().ok()?,
        limit: limit.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::{BuyerRequest, Decision, SaleReply, ScriptCall};

    const NOW_MS: i64 = 1_000;
    const EPOCH: i64 = 3;

    /// A sale of which user 1 holds the first unit.
    #[derive(Debug, Clone, Copy)]
    struct State {
        state: &'static str,
        epoch: i64,
        start_ms: i64,
        end_ms: i64,
        units: i64,
        returned: bool,
        torn: bool,
        limit: i32,
    }

    fn states() -> impl Iterator<Item = State> {
        (0..1 << 8).map(|bits: u32| {
            let bit = |n: u32| bits & 1 << n != 0;
            State {
                state: if bit(0) { "open" } else { "paused" },
                epoch: if bit(1) { EPOCH } else { EPOCH - 1 },
                start_ms: if bit(2) { NOW_MS } else { NOW_MS + 1 },
                end_ms: [0, NOW_MS][usize::from(bit(3))],
                units: if bit(4) { 1 } else { 2 },
                returned: bit(5),
                torn: bit(6),
                limit: if bit(7) { 1 } else { 3 },
            }
        })
    }

    async fn install(stock: &Stock, state: State) {
        let [meta, returned, buyers] = stock.keys(1, ["meta", "returned", "buyers"]);
        let next = 1 + i64::from(state.returned) + i64::from(state.torn);
        let mut write = kv::pipe();
        write.del(&meta).del(&returned).del(&buyers);
        write.hset(&meta, "state", state.state);
        for (field, value) in [
            ("epoch", state.epoch),
            ("units", state.units + i64::from(state.returned)),
            ("next", next),
            ("start", state.start_ms),
            ("end", state.end_ms),
            ("limit", state.limit.into()),
        ] {
            write.hset(&meta, field, value);
        }
        write.hset(&buyers, "1/1", "41|1|500|");
        if state.returned {
            write.rpush(&returned, 2);
        }
        let _: kv::Value = stock.kv.transaction("install", &mut write).await.unwrap();
    }

    /// At sale 1, beside another that is not there.
    async fn pre_check(stock: &Stock, now_ms: i64, limit: i32, buyers: &[(i64, i32)]) -> Vec<bool> {
        let [absent, here] = [2, 1].map(|activity| PreCheck {
            activity,
            epoch: EPOCH,
            limit,
            buyers: buyers.to_vec(),
        });
        let mut refused = stock.pre_check(now_ms, &[absent, here]).await.unwrap();
        assert_eq!(refused.remove(0), vec![false; buyers.len()]);
        refused.remove(0)
    }

    #[tokio::test]
    async fn it_refuses_exactly_the_empty_handed_whom_the_script_calls_sold_out() {
        let kv = kv::connect(&testkit::kv_config()).await.unwrap();
        let stock = Stock::new(kv);
        let buyers: Vec<(i64, i32)> = (1..=2)
            .flat_map(|user| (1..=4).map(move |quantity| (user, quantity)))
            .collect();
        let mut refusals = 0;
        for state in states() {
            install(&stock, state).await;
            let refused = pre_check(&stock, NOW_MS, state.limit, &buyers).await;
            for ((user_id, quantity), refused) in buyers.iter().copied().zip(refused) {
                install(&stock, state).await;
                let request = BuyerRequest {
                    user_id,
                    quantity,
                    request_key: String::new(),
                    order_id: 42,
                    trace_parent: String::new(),
                };
                let call = ScriptCall {
                    activity: 1,
                    epoch: EPOCH,
                    confirmed: Vec::new(),
                    requests: vec![request],
                };
                let mut answers = stock.reserve(NOW_MS, &[call]).await.unwrap();
                let is_sold_out = match answers.remove(0).unwrap() {
                    SaleReply::Open { decisions, .. } => decisions == [Decision::SoldOut],
                    SaleReply::Paused => false,
                };
                let expected = is_sold_out && user_id == 2;
                assert_eq!(refused, expected, "{user_id} × {quantity} in {state:?}");
                refusals += u32::from(refused);
            }
        }
        assert!(refusals > 0);
    }

    #[tokio::test]
    async fn nobody_is_refused_where_it_does_not_know_the_limit() {
        let kv = kv::connect(&testkit::kv_config()).await.unwrap();
        let stock = Stock::new(kv);
        let absent = pre_check(&stock, NOW_MS, 1, &[(2, 1)]).await;
        assert_eq!(absent, [false]);
        let gone = State {
            state: "open",
            epoch: EPOCH,
            start_ms: 0,
            end_ms: 0,
            units: 1,
            returned: false,
            torn: false,
            limit: 1,
        };
        install(&stock, gone).await;
        let other = pre_check(&stock, NOW_MS, 2, &[(2, 1)]).await;
        assert_eq!(other, [false]);
        let same = pre_check(&stock, 0, 1, &[(2, 1), (1, 1)]).await;
        assert_eq!(same, [true, false], "by the server's clock");
    }
}
