//! What has to balance when everything has come to rest, read from the engines and not from the
//! services.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use anyhow::{Context, Result, ensure};
use sqlx::Row;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::api::poll;

/// Everything that keeps part of a sale's state.
pub struct Auditor {
    pub order: db::Pool,
    pub payment: db::Pool,
    pub kv: kv::Kv,
    pub broker: mq::Broker,
}

/// Where the engines answer.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub mysql: String,
    pub redis: String,
    pub amqp: String,
}

impl Addresses {
    /// Those that the environment names.
    pub fn named() -> Self {
        Self {
            mysql: testkit::mysql_url(),
            redis: testkit::redis_url(),
            amqp: testkit::amqp_url(),
        }
    }
}

/// One activity at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub units: i64,
    pub epoch: i64,
    /// Units that live orders hold, as MySQL says.
    pub live: BTreeSet<i64>,
    /// Units that Redis would hand out.
    pub free: BTreeSet<i64>,
    /// Buyers' slots on either side: `user/slot` and the order that holds it.
    pub buyers_mysql: BTreeSet<(String, i64)>,
    pub buyers_redis: BTreeSet<(String, i64)>,
    /// Reservations not confirmed by the broker.
    pub unsent: i64,
    /// Messages that no one has consumed, and rows that no relay has published.
    pub waiting: i64,
    pub dead: i64,
    /// Orders by state.
    pub orders: Vec<(String, i64)>,
    /// Payments taken whose order is neither paid nor refunded.
    pub unmatched_payments: i64,
}

const QUEUES: [&str; 8] = [
    "order.reserved.v1",
    "order.payment_paid.v1",
    "order.payment_closed.v1",
    "order.payment_refunded.v1",
    "seckill.released.v1",
    "product.stock_returned.v1",
    "payment.order_closing.v1",
    "payment.refund_due.v1",
];

impl Auditor {
    /// Connects to a fleet's engines: order's and payment's schemas, and the prefixes of its keys and
    /// queues.
    pub async fn open(schemas: [String; 2], keys: &str, queues: &str) -> Result<Self> {
        Self::open_at(&Addresses::named(), schemas, keys, queues).await
    }

    pub async fn open_at(
        engines: &Addresses,
        schemas: [String; 2],
        keys: &str,
        queues: &str,
    ) -> Result<Self> {
        let pool = async |schema: &str| {
            let config = db::Config {
                url: engines.mysql.as_str().into(),
                schema: schema.to_owned(),
                connections_max: 2,
                acquire_timeout_ms: 5_000,
            };
            db::connect(&config).await
        };
        let kv = kv::Config {
            url: engines.redis.as_str().into(),
            prefix: keys.to_owned(),
            response_timeout_ms: 2_000,
        };
        let mq = mq::Config {
            url: engines.amqp.as_str().into(),
            prefix: queues.to_owned(),
            confirm_timeout_ms: 5_000,
        };
        Ok(Self {
            order: pool(&schemas[0]).await?,
            payment: pool(&schemas[1]).await?,
            kv: kv::connect(&kv).await?,
            broker: mq::connect(&mq, &TaskTracker::new(), &CancellationToken::new()).await,
        })
    }

    /// Waits for rest, then judges; answers the ledger as lines.
    pub async fn settled(&self, activity: i64, limit: Duration) -> Result<String> {
        let mut last = Ledger::default();
        poll(limit, async || {
            last = self.read(activity).await?;
            Ok(last.judge().is_ok().then_some(()))
        })
        .await
        .or_else(|_| last.judge())
        .with_context(|| format!("activity {activity}: {last:#?}"))?;
        Ok(last.lines())
    }

    pub async fn read(&self, activity: i64) -> Result<Ledger> {
        let sale = sqlx::query("SELECT units, epoch FROM sales WHERE activity_id = ?")
            .bind(activity)
            .fetch_one(&self.order)
            .await?;
        let mut ledger = Ledger {
            units: sale.try_get("units")?,
            epoch: sale.try_get("epoch")?,
            ..Ledger::default()
        };
        self.read_mysql(activity, &mut ledger).await?;
        self.read_redis(activity, &mut ledger).await?;
        self.read_queues(&mut ledger).await?;
        Ok(ledger)
    }

    async fn read_mysql(&self, activity: i64, ledger: &mut Ledger) -> Result<()> {
        let live = sqlx::query(
            "SELECT unit_no, user_id, slot, order_id FROM sale_units WHERE activity_id = ?",
        )
        .bind(activity)
        .fetch_all(&self.order)
        .await?;
        for row in live {
            ledger.live.insert(row.try_get("unit_no")?);
            let user: i64 = row.try_get("user_id")?;
            let slot: i32 = row.try_get("slot")?;
            ledger
                .buyers_mysql
                .insert((format!("{user}/{slot}"), row.try_get("order_id")?));
        }
        let states = sqlx::query(
            "SELECT state, COUNT(*) AS orders FROM orders WHERE activity_id = ? GROUP BY state ORDER BY state",
        )
        .bind(activity)
        .fetch_all(&self.order)
        .await?;
        for row in states {
            ledger
                .orders
                .push((row.try_get("state")?, row.try_get("orders")?));
        }
        for pool in [&self.order, &self.payment] {
            let unsent: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outbox")
                .fetch_one(pool)
                .await?;
            ledger.waiting += unsent;
        }
        ledger.unmatched_payments = self.unmatched_payments(activity).await?;
        Ok(())
    }

    async fn unmatched_payments(&self, activity: i64) -> Result<i64> {
        let paid = sqlx::query("SELECT subject FROM payments WHERE state IN ('paid', 'refunding')")
            .fetch_all(&self.payment)
            .await?;
        let mut unmatched = 0;
        for row in paid {
            let order_no: String = row.try_get("subject")?;
            let Ok(number) = order_no.parse::<ids::OrderNo>() else {
                continue;
            };
            let state: Option<String> =
                sqlx::query_scalar("SELECT state FROM orders WHERE id = ? AND activity_id = ?")
                    .bind(number.id().get())
                    .bind(activity)
                    .fetch_optional(&self.order)
                    .await?;
            unmatched += i64::from(state.is_some_and(|state| state != "paid"));
        }
        Ok(unmatched)
    }

    async fn read_redis(&self, activity: i64, ledger: &mut Ledger) -> Result<()> {
        let key = |part: &str| self.kv.key(&format!("{{sale:{activity}}}:{part}"));
        let next: Option<i64> = self
            .kv
            .query(kv::cmd("HGET").arg(key("meta")).arg("next"))
            .await?;
        let next = next.context("the sale is not in Redis")?;
        let returned: Vec<i64> = self
            .kv
            .query(kv::cmd("LRANGE").arg(key("returned")).arg(0).arg(-1))
            .await?;
        ledger.free = (next + 1..=ledger.units).chain(returned).collect();
        let buyers: Vec<(String, String)> =
            self.kv.query(kv::cmd("HGETALL").arg(key("buyers"))).await?;
        for (slot, holder) in buyers {
            let order: String = holder.chars().take_while(char::is_ascii_digit).collect();
            ledger.buyers_redis.insert((slot, order.parse()?));
        }
        ledger.unsent = self.kv.query(kv::cmd("HLEN").arg(key("unsent"))).await?;
        Ok(())
    }

    /// Messages that no consumer could do anything with.
    pub async fn dead(&self) -> Result<i64> {
        let mut dead = 0;
        for queue in QUEUES {
            dead += self.broker.dead(queue).await?;
        }
        Ok(i64::try_from(dead)?)
    }

    async fn read_queues(&self, ledger: &mut Ledger) -> Result<()> {
        for queue in QUEUES {
            ledger.waiting += self.broker.depth(queue).await?.ready as i64;
        }
        ledger.dead = self.dead().await?;
        Ok(())
    }
}

impl Ledger {
    /// Every invariant that holds at rest (crates/README.md).
    pub fn judge(&self) -> Result<()> {
        let all: BTreeSet<i64> = (1..=self.units).collect();
        let both: Vec<_> = self.live.intersection(&self.free).collect();
        ensure!(both.is_empty(), "units both sold and free: {both:?}");
        let either: BTreeSet<i64> = self.live.union(&self.free).copied().collect();
        ensure!(
            either == all,
            "units neither sold nor free: {:?}",
            all.difference(&either)
        );
        ensure!(self.buyers_mysql == self.buyers_redis, "the buyers differ");
        ensure!(
            self.unsent == 0,
            "{} reservations were never confirmed",
            self.unsent
        );
        ensure!(
            self.waiting == 0,
            "{} messages are still under way",
            self.waiting
        );
        ensure!(self.dead == 0, "{} dead letters", self.dead);
        ensure!(
            self.unmatched_payments == 0,
            "{} payments without an order",
            self.unmatched_payments
        );
        Ok(())
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        let states: Vec<_> = self
            .orders
            .iter()
            .map(|(state, n)| format!("{n} {state}"))
            .collect();
        let _ = writeln!(
            text,
            "units {} = {} sold + {} free (epoch {})",
            self.units,
            self.live.len(),
            self.free.len(),
            self.epoch
        );
        let _ = writeln!(text, "orders: {}", states.join(", "));
        let _ = writeln!(
            text,
            "buyers equal on both sides: {}",
            self.buyers_mysql.len()
        );
        let _ = writeln!(
            text,
            "unsent 0 · outboxes and queues 0 · dead letters 0 · unmatched payments 0"
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balanced() -> Ledger {
        Ledger {
            units: 3,
            live: [2].into(),
            free: [1, 3].into(),
            buyers_mysql: [("7/1".to_owned(), 42)].into(),
            buyers_redis: [("7/1".to_owned(), 42)].into(),
            ..Ledger::default()
        }
    }

    #[test]
    fn every_way_to_be_out_of_balance_is_found() {
        assert!(balanced().judge().is_ok());
        let broken: [fn(&mut Ledger); 7] = [
            |l| l.live.extend([1]),
            |l| l.free.clear(),
            |l| l.live.extend([4]),
            |l| l.buyers_redis.clear(),
            |l| l.unsent = 1,
            |l| l.waiting = 1,
            |l| l.dead = 1,
        ];
        for (index, break_it) in broken.iter().enumerate() {
            let mut ledger = balanced();
            break_it(&mut ledger);
            assert!(ledger.judge().is_err(), "case {index}");
        }
    }
}
