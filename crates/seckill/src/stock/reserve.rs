use proto::order::reserved_item::Unit;

use super::Stock;
use crate::{Error, domain::unit_pairs};

/// One buyer's request, as the script takes it.
#[derive(Debug, Clone)]
pub(crate) struct BuyerRequest {
    pub(crate) user_id: i64,
    pub(crate) quantity: i32,
    pub(crate) request_key: String,
    /// The id that the order gets if it wins.
    pub(crate) order_id: i64,
    pub(crate) trace_parent: String,
}

/// What the script says of its sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SaleReply {
    /// Absent, being rebuilt, or behind.
    Paused,
    Open {
        epoch: i64,
        /// By the clock of the script.
        now_ms: i64,
        decisions: Vec<Decision>,
    },
}

/// What the script says of one buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A new order, with the id that the request brought.
    Won {
        units: Vec<Unit>,
    },
    /// `unsent`: its entry of the hand-off list, when it was never confirmed.
    Repeated {
        order_id: i64,
        at_ms: i64,
        slots: Vec<i32>,
        unsent: Option<String>,
    },
    SoldOut,
    NotStarted,
    Ended,
    Limit,
}

impl Decision {
    pub(crate) fn is_won(&self) -> bool {
        matches!(self, Self::Won { .. })
    }
}

/// One call of the script: buyers of one sale.
#[derive(Debug)]
pub(crate) struct ScriptCall {
    pub(crate) activity: i64,
    /// Order's, as far as the caller knows.
    pub(crate) epoch: i64,
    /// Orders whose entries of the hand-off list may go.
    pub(crate) confirmed: Vec<String>,
    pub(crate) requests: Vec<BuyerRequest>,
}

impl Stock {
    /// One script a call, all sent together. Each has an answer or an error; none has one where the connection failed.
    pub(crate) async fn reserve(
        &self,
        now_ms: i64,
        calls: &[ScriptCall],
    ) -> Result<Vec<Result<SaleReply, Error>>, Error> {
        const UNREADABLE: Error = Error::Unexpected("a reply of reserve that cannot be read");
        let scripts = calls.iter().map(|call| self.reserve_call(now_ms, call));
        let replies = self.reserve.invoke_all(&self.kv, scripts).await?;
        let read = |(call, reply): (&ScriptCall, Result<Vec<kv::Value>, kv::Error>)| {
            decode(reply?, call.requests.len()).ok_or(UNREADABLE)
        };
        Ok(calls.iter().zip(replies).map(read).collect())
    }

    fn reserve_call(&self, now_ms: i64, call: &ScriptCall) -> kv::Call<'_> {
        let keys = self.keys(call.activity, ["meta", "returned", "buyers", "unsent"]);
        let mut script = self
            .reserve
            .call(&self.kv, &keys)
            .arg(now_ms)
            .arg(call.epoch)
            .arg(call.confirmed.len())
            .arg(&call.confirmed);
        for request in &call.requests {
            script = script
                .arg(request.user_id)
                .arg(request.quantity)
                .arg(&request.request_key)
                .arg(request.order_id)
                .arg(&request.trace_parent);
        }
        script
    }
}

fn decode(reply: Vec<kv::Value>, asked: usize) -> Option<SaleReply> {
    let mut fields = reply.into_iter();
    match text(&mut fields)?.as_str() {
        "paused" => return Some(SaleReply::Paused),
        "open" => {}
        _ => return None,
    }
    let epoch = text(&mut fields)?.parse().ok()?;
    let now_ms = text(&mut fields)?.parse().ok()?;
    let decisions = (0..asked)
        .map(|_| decision(&mut fields))
        .collect::<Option<_>>()?;
    let is_all = fields.next().is_none();
    is_all.then_some(SaleReply::Open {
        epoch,
        now_ms,
        decisions,
    })
}

/// The next buyer's; only an order brings more than an outcome.
fn decision(fields: &mut impl Iterator<Item = kv::Value>) -> Option<Decision> {
    let kv::Value::Int(outcome) = fields.next()? else {
        return None;
    };
    Some(match outcome {
        1 => Decision::Won {
            units: unit_pairs(&text(fields)?)?,
        },
        2 => Decision::Repeated {
            order_id: text(fields)?.parse().ok()?,
            at_ms: text(fields)?.parse().ok()?,
            slots: slots(&text(fields)?)?,
            unsent: text(fields).filter(|entry| !entry.is_empty()),
        },
        3 => Decision::SoldOut,
        4 => Decision::NotStarted,
        5 => Decision::Ended,
        6 => Decision::Limit,
        _ => return None,
    })
}

fn text(fields: &mut impl Iterator<Item = kv::Value>) -> Option<String> {
    match fields.next()? {
        kv::Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn slots(text: &str) -> Option<Vec<i32>> {
    text.split(',').map(|slot| slot.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(parts: &[&str]) -> Vec<kv::Value> {
        let value = |part: &&str| match part.strip_prefix(':') {
            Some(number) => kv::Value::Int(number.parse().unwrap()),
            None => kv::Value::BulkString(part.as_bytes().to_vec()),
        };
        parts.iter().map(value).collect()
    }

    #[test]
    fn one_answer_per_buyer_or_none_at_all() {
        let open = reply(&["open", "3", "1000", ":3", ":1", "1:8,2:9"]);
        let unit = |slot, unit_no| Unit { slot, unit_no };
        let won = Decision::Won {
            units: vec![unit(1, 8), unit(2, 9)],
        };
        let read = SaleReply::Open {
            epoch: 3,
            now_ms: 1_000,
            decisions: vec![Decision::SoldOut, won],
        };
        assert_eq!(decode(open.clone(), 2), Some(read));
        assert_eq!(decode(open.clone(), 3), None, "one is missing");
        assert_eq!(decode(open, 1), None, "one is too many");
        assert_eq!(decode(reply(&["paused"]), 2), Some(SaleReply::Paused));
        assert_eq!(decode(Vec::new(), 1), None);
        for odd in [&[":9"][..], &[":1"], &[":1", "1"], &[":2", "42", "1000"]] {
            let odd = [&["open", "3", "1000"], odd].concat();
            assert_eq!(decode(reply(&odd), 1), None, "{odd:?}");
        }
    }
}
