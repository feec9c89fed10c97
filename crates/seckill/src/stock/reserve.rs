use super::Stock;
use crate::Error;

/// One buyer of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) user_id: i64,
    pub(crate) quantity: i32,
    pub(crate) request_key: String,
    /// The id that the order gets if it wins.
    pub(crate) order_id: i64,
    pub(crate) trace_parent: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// Absent, being rebuilt, or behind.
    Paused,
    Open {
        epoch: i64,
        answers: Vec<Answer>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Won {
        order_id: i64,
        at_ms: i64,
        slots: Vec<i32>,
        units: Vec<i64>,
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

impl Stock {
    /// One script for all buyers of `asks`. `epoch`: order's, as far as the caller knows.
    /// `confirmed`: orders whose entries of the hand-off list may go.
    pub(crate) async fn reserve(
        &self,
        activity: i64,
        epoch: i64,
        now_ms: i64,
        confirmed: &[String],
        asks: &[Ask],
    ) -> Result<Reserved, Error> {
        let mut call = self
            .reserve
            .call(&self.kv)
            .key(self.key(activity, "meta"))
            .key(self.key(activity, "returned"))
            .key(self.key(activity, "buyers"))
            .key(self.key(activity, "unsent"))
            .arg(now_ms)
            .arg(epoch)
            .arg(confirmed.len())
            .arg(confirmed);
        for ask in asks {
            call = call
                .arg(ask.user_id)
                .arg(ask.quantity)
                .arg(&ask.request_key)
                .arg(ask.order_id)
                .arg(&ask.trace_parent);
        }
        let reply: Vec<kv::Value> = call.invoke().await?;
        let reply: Vec<String> = reply.into_iter().map(text).collect();
        decode(&reply, asks.len())
            .ok_or(Error::Unexpected("a reply of reserve that cannot be read"))
    }
}

/// The script answers with numbers and texts; here all of it is text.
fn text(value: kv::Value) -> String {
    match value {
        kv::Value::Int(number) => number.to_string(),
        kv::Value::BulkString(bytes) => String::from_utf8(bytes).unwrap_or_default(),
        kv::Value::SimpleString(text) => text,
        _ => String::new(),
    }
}

fn decode(reply: &[String], asked: usize) -> Option<Reserved> {
    const HEAD: usize = 3;
    const WIDTH: usize = 5;
    match reply.first()?.as_str() {
        "paused" => return Some(Reserved::Paused),
        "open" if reply.len() == HEAD + WIDTH * asked => {}
        _ => return None,
    }
    let epoch = reply[1].parse().ok()?;
    let answers = reply[HEAD..]
        .chunks_exact(WIDTH)
        .map(answer)
        .collect::<Option<_>>()?;
    Some(Reserved::Open { epoch, answers })
}

fn answer(fields: &[String]) -> Option<Answer> {
    let [outcome, order, at, slots, last] = fields else {
        return None;
    };
    Some(match outcome.as_str() {
        "1" => Answer::Won {
            order_id: order.parse().ok()?,
            at_ms: at.parse().ok()?,
            slots: numbers(slots)?,
            units: numbers(last)?,
        },
        "2" => Answer::Repeated {
            order_id: order.parse().ok()?,
            at_ms: at.parse().ok()?,
            slots: numbers(slots)?,
            unsent: Some(last.clone()).filter(|entry| !entry.is_empty()),
        },
        "3" => Answer::SoldOut,
        "4" => Answer::NotStarted,
        "5" => Answer::Ended,
        "6" => Answer::Limit,
        _ => return None,
    })
}

fn numbers<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    text.split(',').map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(parts: &[&str]) -> Vec<String> {
        parts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn one_answer_per_buyer_or_none_at_all() {
        let open = reply(&["open", "3", "1000", "1", "42", "1000", "1,2", "8,9"]);
        let won = Answer::Won {
            order_id: 42,
            at_ms: 1_000,
            slots: vec![1, 2],
            units: vec![8, 9],
        };
        let answers = vec![won];
        assert_eq!(decode(&open, 1), Some(Reserved::Open { epoch: 3, answers }));
        assert_eq!(decode(&open, 2), None, "one is missing");
        assert_eq!(decode(&reply(&["paused"]), 2), Some(Reserved::Paused));
        assert_eq!(decode(&[], 1), None);
        let odd = reply(&["open", "3", "1000", "9", "", "0", "", ""]);
        assert_eq!(decode(&odd, 1), None);
    }
}
