use super::Stock;
use crate::Error;

/// What a glance reads, in this order.
type Read = (Vec<Option<String>>, i64, i64, Vec<kv::Value>, Vec<i64>);

/// What is left of a sale that sells.
struct Left {
    epoch: i64,
    available: i64,
    start_ms: i64,
    end_ms: i64,
    limit: i32,
}

impl Stock {
    /// Which buyers (user and quantity) `reserve` would refuse as sold out at this moment. The others have to ask
    /// it, whatever stands in their way.
    ///
    /// Once the units are gone most buyers are refused, and this refuses them for a tenth of the script's price.
    /// `now_ms`: 0 for the server's time. `limit`: the activity's slots per user.
    pub(crate) async fn glance(
        &self,
        activity: i64,
        epoch: i64,
        now_ms: i64,
        limit: i32,
        buyers: &[(i64, i32)],
    ) -> Result<Vec<bool>, Error> {
        let [meta, returned, held] = self.keys(activity, ["meta", "returned", "buyers"]);
        let mut slots = kv::cmd("HMGET");
        slots.arg(&held);
        for (user, _) in buyers {
            for slot in 1..=limit {
                slots.arg(format!("{user}/{slot}"));
            }
        }
        let mut reads = kv::pipe();
        let terms = ["epoch", "state", "units", "next", "start", "end", "limit"];
        reads.hmget(meta, &terms).llen(returned).hlen(held);
        reads.add_command(slots).cmd("TIME");
        let (meta, returned, held, slots, time): Read =
            self.kv.transaction("glance", &mut reads).await?;

        let now_ms = match (now_ms, time.as_slice()) {
            (0, [seconds, micros]) => seconds * 1_000 + micros / 1_000,
            (given, _) => given,
        };
        let sells = |left: &Left| {
            left.epoch >= epoch
                && left.limit == limit
                && now_ms >= left.start_ms
                && (left.end_ms <= 0 || now_ms < left.end_ms)
        };
        let Some(left) = left(&meta, returned, held).filter(sells) else {
            return Ok(vec![false; buyers.len()]);
        };
        let mut slots = slots.into_iter();
        let is_refused = |&(_, quantity): &(i64, i32)| {
            let mut mine = slots.by_ref().take(limit as usize);
            let holds_none = mine.all(|slot| slot == kv::Value::Nil);
            mine.for_each(drop);
            holds_none && quantity <= limit && i64::from(quantity) > left.available
        };
        Ok(buyers.iter().map(is_refused).collect())
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
    use crate::stock::{Answer, Ask, Reserved};

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
            let glance = stock.glance(1, EPOCH, NOW_MS, state.limit, &buyers);
            let refused = glance.await.unwrap();
            for ((user_id, quantity), refused) in buyers.iter().copied().zip(refused) {
                install(&stock, state).await;
                let ask = [Ask {
                    user_id,
                    quantity,
                    request_key: String::new(),
                    order_id: 42,
                    trace_parent: String::new(),
                }];
                let reserve = stock.reserve(1, EPOCH, NOW_MS, &[], &ask);
                let is_sold_out = match reserve.await.unwrap() {
                    Reserved::Open { answers, .. } => answers == [Answer::SoldOut],
                    Reserved::Paused => false,
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
        let absent = stock.glance(1, EPOCH, NOW_MS, 1, &[(2, 1)]).await;
        assert_eq!(absent.unwrap(), [false]);
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
        let other = stock.glance(1, EPOCH, NOW_MS, 2, &[(2, 1)]).await;
        assert_eq!(other.unwrap(), [false]);
        let same = stock.glance(1, EPOCH, 0, 1, &[(2, 1), (1, 1)]).await;
        assert_eq!(same.unwrap(), [true, false], "by the server's clock");
    }
}
