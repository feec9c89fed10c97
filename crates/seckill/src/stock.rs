//! A sale in Redis: its keys, its scripts and what they answer.
//!
//! All keys of a sale share the tag `{sale:<activity>}`: `meta`, `returned`, `buyers`, `unsent`. A buyer's
//! mirror of accepted orders is `pending:{<user>}`.

use kv::{Kv, Script, ServerIdentity};
use proto::order::{LiveUnit, Terms};

use crate::{
    Error,
    domain::{Holding, Unsent},
};

/// Entries of the hand-off list that one look takes.
const UNSENT_PAGE: usize = 500;
/// Entries of one staged chunk: a script's arguments are bounded.
const STAGE_CHUNK: usize = 1_000;
/// What was staged by a rebuilder that died goes by itself.
const STAGED_S: u32 = 600;
/// An accepted order has its row long before.
const PENDING_S: u32 = 3_600;

#[derive(Debug, Clone)]
pub(crate) struct Stock {
    kv: Kv,
    reserve: Script,
    release: Script,
    pause: Script,
    stage: Script,
    install: Script,
    look: Script,
    remember: Script,
}

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

/// A sale as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) epoch: i64,
    pub(crate) open: bool,
    pub(crate) units: i64,
    pub(crate) next: i64,
    pub(crate) returned: i64,
    pub(crate) held: i64,
    pub(crate) unsent: i64,
    pub(crate) server: ServerIdentity,
}

impl Look {
    pub(crate) fn available(&self) -> i64 {
        self.units - self.next + self.returned
    }

    /// Whether a key was lost.
    pub(crate) fn is_torn(&self) -> bool {
        self.held + self.returned != self.next
    }
}

impl Stock {
    pub(crate) fn new(kv: Kv) -> Self {
        Self {
            kv,
            reserve: Script::new("reserve", include_str!("lua/reserve.lua")),
            release: Script::new("release", include_str!("lua/release.lua")),
            pause: Script::new("pause", include_str!("lua/pause.lua")),
            stage: Script::new("stage", include_str!("lua/stage.lua")),
            install: Script::new("install", include_str!("lua/install.lua")),
            look: Script::new("look", include_str!("lua/look.lua")),
            remember: Script::new("remember", include_str!("lua/remember.lua")),
        }
    }

    fn key(&self, activity: i64, part: &str) -> String {
        self.kv.key(&format!("{{sale:{activity}}}:{part}"))
    }

    fn pending_key(&self, user: i64) -> String {
        self.kv.key(&format!("pending:{{{user}}}"))
    }

    /// One script for all buyers of `asks`. `epoch`: order's, as far as the caller knows. `confirmed`: orders
    /// whose entries of the hand-off list may go.
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
        let reply: Vec<String> = call.invoke::<Vec<kv::Value>>().await.and_then(texts)?;
        decode(&reply, asks.len()).ok_or(Error::Protocol("a reply of reserve that cannot be read"))
    }

    /// `None`: Redis is absent or behind.
    pub(crate) async fn release(
        &self,
        activity: i64,
        epoch: i64,
        order_id: i64,
        user_id: i64,
        slots: &[i32],
    ) -> Result<Option<i64>, Error> {
        let released: i64 = self
            .release
            .call(&self.kv)
            .key(self.key(activity, "meta"))
            .key(self.key(activity, "returned"))
            .key(self.key(activity, "buyers"))
            .arg(epoch)
            .arg(order_id)
            .arg(user_id)
            .arg(slots)
            .invoke()
            .await?;
        Ok((released >= 0).then_some(released))
    }

    pub(crate) async fn pause(&self, activity: i64, epoch: i64) -> Result<bool, Error> {
        let paused: i64 = self
            .pause
            .call(&self.kv)
            .key(self.key(activity, "meta"))
            .arg(epoch)
            .invoke()
            .await?;
        Ok(paused == 1)
    }

    /// `None`: absent.
    pub(crate) async fn look(&self, activity: i64) -> Result<Option<Look>, Error> {
        let reply: Vec<String> = self
            .look
            .call(&self.kv)
            .key(self.key(activity, "meta"))
            .key(self.key(activity, "returned"))
            .key(self.key(activity, "buyers"))
            .key(self.key(activity, "unsent"))
            .invoke()
            .await?;
        let [
            epoch,
            state,
            units,
            next,
            returned,
            held,
            unsent,
            run_id,
            replication_id,
        ] = reply.as_slice()
        else {
            return Ok(None);
        };
        let number = |text: &String| text.parse().ok();
        let look = (|| {
            Some(Look {
                epoch: number(epoch)?,
                open: state == "open",
                units: number(units)?,
                next: number(next)?,
                returned: number(returned)?,
                held: number(held)?,
                unsent: number(unsent)?,
                server: ServerIdentity {
                    run_id: run_id.clone(),
                    replication_id: replication_id.clone(),
                },
            })
        })();
        look.map(Some)
            .ok_or(Error::Protocol("a meta that cannot be read"))
    }

    pub(crate) async fn server(&self, activity: i64) -> Result<ServerIdentity, Error> {
        Ok(self.kv.run_id(&self.key(activity, "meta")).await?)
    }

    /// Puts a fence's snapshot in place; false when this epoch or a higher one is there.
    pub(crate) async fn install(
        &self,
        activity: i64,
        epoch: i64,
        terms: &Terms,
        live: &[LiveUnit],
    ) -> Result<bool, Error> {
        let server = self.server(activity).await?;
        let next = live
            .iter()
            .map(|unit| unit.unit_no)
            .max()
            .unwrap_or_default();
        let sold: std::collections::HashSet<i64> = live.iter().map(|unit| unit.unit_no).collect();
        let gaps: Vec<i64> = (1..=next).filter(|unit| !sold.contains(unit)).collect();
        let staged = |part: &str| self.key(activity, &format!("stage:{epoch}:{part}"));
        self.stage(&staged("returned"), &staged("buyers"), &gaps, live)
            .await?;
        fail::fail_point!("rebuild.after_stage");
        let installed: i64 = self
            .install
            .call(&self.kv)
            .key(self.key(activity, "meta"))
            .key(self.key(activity, "returned"))
            .key(self.key(activity, "buyers"))
            .key(staged("returned"))
            .key(staged("buyers"))
            .arg(epoch)
            .arg(terms.units)
            .arg(next)
            .arg(terms.start_ms)
            .arg(terms.end_ms)
            .arg(terms.limit_per_user)
            .arg(server.run_id)
            .arg(server.replication_id)
            .invoke()
            .await?;
        Ok(installed == 1)
    }

    async fn stage(
        &self,
        returned_key: &str,
        buyers_key: &str,
        gaps: &[i64],
        live: &[LiveUnit],
    ) -> Result<(), Error> {
        let chunks = gaps.len().max(live.len()).div_ceil(STAGE_CHUNK).max(1);
        for index in 0..chunks {
            let chunk =
                |len: usize| (index * STAGE_CHUNK).min(len)..((index + 1) * STAGE_CHUNK).min(len);
            let gaps = &gaps[chunk(gaps.len())];
            let mut call = self
                .stage
                .call(&self.kv)
                .key(returned_key)
                .key(buyers_key)
                .arg(STAGED_S)
                .arg(i32::from(index == 0))
                .arg(gaps.len())
                .arg(gaps);
            for unit in &live[chunk(live.len())] {
                let holding = Holding {
                    order_id: unit.order_id,
                    unit_no: unit.unit_no,
                    at_ms: unit.at_ms,
                    request_key: unit.request_key.clone(),
                };
                call = call
                    .arg(format!("{}/{}", unit.user_id, unit.slot))
                    .arg(holding.text());
            }
            call.invoke::<i64>().await?;
        }
        Ok(())
    }

    /// Reservations that no broker has confirmed yet, a page of them.
    pub(crate) async fn unsent(&self, activity: i64) -> Result<Vec<Unsent>, Error> {
        let mut scan = kv::cmd("HSCAN");
        scan.arg(self.key(activity, "unsent"))
            .arg(0)
            .arg("COUNT")
            .arg(UNSENT_PAGE);
        let (_, entries): (u64, Vec<(String, String)>) = self.kv.query(&scan).await?;
        let read = |(order, text): (String, String)| {
            let item = Unsent::parse(activity, order.parse().ok()?, &text);
            if item.is_none() {
                tracing::error!(
                    activity.id = activity,
                    order,
                    "an unreadable entry of the hand-off list"
                );
            }
            item
        };
        Ok(entries.into_iter().filter_map(read).collect())
    }

    pub(crate) async fn forget_unsent(
        &self,
        activity: i64,
        orders: &[String],
    ) -> Result<(), Error> {
        if orders.is_empty() {
            return Ok(());
        }
        let mut forget = kv::cmd("HDEL");
        forget.arg(self.key(activity, "unsent")).arg(orders);
        Ok(self.kv.query(&forget).await?)
    }

    /// Every slot with what it holds, and every returned unit.
    pub(crate) async fn holdings(&self, activity: i64) -> Result<Holdings, Error> {
        let mut buyers = kv::cmd("HGETALL");
        buyers.arg(self.key(activity, "buyers"));
        let mut returned = kv::cmd("LRANGE");
        returned.arg(self.key(activity, "returned")).arg(0).arg(-1);
        let slots: Vec<(String, String)> = self.kv.query(&buyers).await?;
        let read = |(slot, text): (String, String)| {
            let (user, slot) = slot.split_once('/')?;
            Some((
                user.parse().ok()?,
                slot.parse().ok()?,
                Holding::parse(&text)?,
            ))
        };
        Ok(Holdings {
            slots: slots.into_iter().filter_map(read).collect(),
            returned: self.kv.query(&returned).await?,
        })
    }

    /// Removes what sells. The hand-off list stays until the relay has emptied it.
    pub(crate) async fn remove(&self, activity: i64) -> Result<(), Error> {
        let mut remove = kv::cmd("DEL");
        for part in ["meta", "returned", "buyers"] {
            remove.arg(self.key(activity, part));
        }
        Ok(self.kv.query(&remove).await?)
    }

    pub(crate) async fn remember(
        &self,
        user: i64,
        order_no: &str,
        entry: &str,
    ) -> Result<(), Error> {
        let call = self.remember.call(&self.kv).key(self.pending_key(user));
        call.arg(PENDING_S)
            .arg(order_no)
            .arg(entry)
            .invoke::<i64>()
            .await?;
        Ok(())
    }

    /// Order numbers and entries of a buyer's mirror.
    pub(crate) async fn remembered(&self, user: i64) -> Result<Vec<(String, String)>, Error> {
        let mut all = kv::cmd("HGETALL");
        all.arg(self.pending_key(user));
        Ok(self.kv.query(&all).await?)
    }
}

/// `(user, slot, holding)` of each slot, and the units that are returned.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    pub(crate) slots: Vec<(i64, i32, Holding)>,
    pub(crate) returned: Vec<i64>,
}

/// Scripts answer with numbers and texts; here all of it is text.
fn texts(values: Vec<kv::Value>) -> Result<Vec<String>, kv::Error> {
    let text = |value: kv::Value| match value {
        kv::Value::Int(number) => number.to_string(),
        kv::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        kv::Value::SimpleString(text) => text,
        _ => String::new(),
    };
    Ok(values.into_iter().map(text).collect())
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
