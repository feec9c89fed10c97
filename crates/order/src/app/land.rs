//! Reservations become orders.

use std::collections::{BTreeSet, HashMap};

use db::Tx;
use fail::fail_point;
use ids::OrderId;
use tracing::{error, warn};

use super::App;
use crate::{
    Error,
    domain::{Item, Judgement, Order, RefuseReason, Sale},
    metrics::{Alarm, LAND, observe_lag, observe_rows},
    store::{
        orders,
        sales::{self, Locked},
        units::{self, InsertError},
    },
};

/// What became of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Landed,
    /// It has its row already, whatever became of it.
    There,
    Interrupted,
    Conflict,
    /// Its sale's row is behind: not now.
    Ahead,
    /// Its id belongs to another reservation: never.
    Differs,
}

impl Fate {
    const fn label(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::There => "there",
            Self::Interrupted => "interrupted",
            Self::Conflict => "conflict",
            Self::Ahead => "ahead",
            Self::Differs => "differs",
        }
    }
}

/// Why the quick way of landing was left.
enum Stop {
    /// Some item needs a look of its own.
    OneByOne,
    Failed(Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl db::Retryable for Stop {
    fn sqlx(&self) -> Option<&sqlx::Error> {
        match self {
            Self::OneByOne => None,
            Self::Failed(error) => error.sqlx(),
        }
    }
}

impl App {
    /// Lands all items in one transaction and says what became of each. After an error none has landed.
    ///
    /// Nearly always everything is new and counts, and a few statements do it. As soon as one item is not, the
    /// transaction starts over and looks at each.
    pub async fn land(&self, items: &[Item]) -> Result<Vec<Fate>, Error> {
        let now_ms = self.now_ms();
        let quick = db::transact!(&self.pool, "order.land", async |tx: &mut Tx<'_>| {
            land_together(tx, items, now_ms).await
        });
        let fates = match quick.await {
            Ok(fates) => fates,
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::OneByOne) => {
                db::transact!(&self.pool, "order.land_one_by_one", async |tx: &mut Tx<
                    '_,
                >| {
                    land_one_by_one(tx, items, now_ms).await
                })
                .await?
            }
        };
        fail_point!("land.after_commit", |_| Err(Error::Parameter("fail point")));
        observe(items, &fates, self.now_ms());
        Ok(fates)
    }
}

async fn lock_sales(tx: &mut Tx<'_>, items: &[Item]) -> Result<Locked, Error> {
    let locked = sales::lock_shared(tx, items.iter().map(|item| item.activity)).await?;
    fail_point!("land.after_begin", |_| Err(Error::Parameter("fail point")));
    Ok(locked)
}

async fn land_together(tx: &mut Tx<'_>, items: &[Item], now_ms: i64) -> Result<Vec<Fate>, Stop> {
    let sales = lock_sales(tx, items).await?;
    let mut fates = Vec::with_capacity(items.len());
    let mut new = Vec::with_capacity(items.len());
    for item in items {
        let sale = sales.get(&item.activity).ok_or(Stop::OneByOne)?;
        let (order, fate) = match sale.judge(item) {
            Judgement::Land => (Order::landed(item.clone(), sale, now_ms), Fate::Landed),
            Judgement::Interrupted => (
                Order::refused(item.clone(), sale, RefuseReason::Interrupted),
                Fate::Interrupted,
            ),
            Judgement::BeyondTerms | Judgement::Ahead => return Err(Stop::OneByOne),
        };
        new.push(order);
        fates.push(fate);
    }
    let mut orders: Vec<_> = new.iter().collect();
    orders.sort_unstable_by_key(|order| order.id);
    if !orders::insert(tx, &orders).await? {
        return Err(Stop::OneByOne);
    }
    orders.retain(|order| order.state.is_live());
    match units::insert(tx, &orders).await {
        Ok(()) => {}
        Err(InsertError::Taken) => return Err(Stop::OneByOne),
        Err(InsertError::Failed(error)) => return Err(error.into()),
    }
    fail_point!("land.after_insert", |_| Err(Stop::Failed(
        Error::Parameter("fail point")
    )));
    Ok(fates)
}

async fn land_one_by_one(tx: &mut Tx<'_>, items: &[Item], now_ms: i64) -> Result<Vec<Fate>, Error> {
    let sales = lock_sales(tx, items).await?;
    let ids: Vec<_> = items.iter().map(|item| item.order.get()).collect();
    let mut there = orders::find_many(tx, &ids).await?;
    let mut fates = vec![Fate::There; items.len()];
    let mut by_order: Vec<_> = items.iter().zip(&mut fates).collect();
    by_order.sort_by_key(|(item, _)| item.order);
    for (item, fate) in by_order {
        *fate = land_one(tx, item, sales.get(&item.activity), &mut there, now_ms).await?;
    }
    fail_point!("land.after_insert", |_| Err(Error::Parameter("fail point")));
    Ok(fates)
}

async fn land_one(
    tx: &mut Tx<'_>,
    item: &Item,
    sale: Option<&Sale>,
    there: &mut HashMap<OrderId, Order>,
    now_ms: i64,
) -> Result<Fate, Error> {
    if let Some(order) = there.get(&item.order) {
        return Ok(compare(order, item));
    }
    let Some(sale) = sale else {
        return Ok(Fate::Ahead);
    };
    let (order, fate) = match sale.judge(item) {
        Judgement::Ahead => return Ok(Fate::Ahead),
        Judgement::Land => (Order::landed(item.clone(), sale, now_ms), Fate::Landed),
        Judgement::Interrupted => (
            Order::refused(item.clone(), sale, RefuseReason::Interrupted),
            Fate::Interrupted,
        ),
        Judgement::BeyondTerms => (
            Order::refused(item.clone(), sale, RefuseReason::Conflict),
            Fate::Conflict,
        ),
    };
    if !orders::insert(tx, &[&order]).await? {
        // A copy of the message landed since this transaction looked.
        let rival = orders::find(&mut **tx, item.order).await?;
        return Ok(rival.map_or(Fate::Ahead, |rival| compare(&rival, item)));
    }
    let fate = match fate {
        Fate::Landed => match units::insert(tx, &[&order]).await {
            Ok(()) => Fate::Landed,
            Err(InsertError::Failed(error)) => return Err(error.into()),
            Err(InsertError::Taken) => {
                orders::refuse_landed(tx, order.id).await?;
                Fate::Conflict
            }
        },
        other => other,
    };
    if fate == Fate::Conflict {
        // No release: whose unit it is, only a rebuild can say.
        sales::suspect(tx, item.activity, sale.epoch).await?;
    }
    there.insert(order.id, order);
    Ok(fate)
}

/// One id, one reservation: anything else was not written by the sale's script.
fn compare(order: &Order, item: &Item) -> Fate {
    let same = order.user == item.user
        && order.activity == item.activity
        && order.units.agree(&item.units);
    if same { Fate::There } else { Fate::Differs }
}

fn observe(items: &[Item], fates: &[Fate], now_ms: i64) {
    let mut suspects = BTreeSet::new();
    let mut landed = 0_u32;
    for (item, fate) in items.iter().zip(fates) {
        LAND.with_label_values(&[fate.label()]).inc();
        let (order, activity) = (item.order.get(), item.activity.get());
        match fate {
            Fate::Landed => {
                landed += 1;
                observe_lag(now_ms - item.at_ms);
            }
            Fate::There | Fate::Interrupted => {}
            Fate::Conflict => {
                suspects.insert((activity, item.epoch));
            }
            Fate::Ahead => {
                Alarm::Ahead.raise();
                error!(
                    order.id = order,
                    activity.id = activity,
                    sale.epoch = item.epoch.0,
                    "a reservation is ahead of its sale's row: has MySQL lost a commit?"
                );
            }
            Fate::Differs => {
                Alarm::Differs.raise();
                error!(
                    order.id = order,
                    activity.id = activity,
                    "two reservations have one order id"
                );
            }
        }
    }
    for (activity, epoch) in suspects {
        warn!(
            activity.id = activity,
            sale.epoch = epoch.0,
            "a unit or a slot was taken: the sale is to be rebuilt"
        );
    }
    if landed > 0 {
        observe_rows(landed);
    }
}
