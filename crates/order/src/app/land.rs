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
pub enum LandOutcome {
    Landed,
    /// It has its row already, whatever became of it.
    AlreadyLanded,
    Interrupted,
    Conflict,
    /// Its sale's row is behind: not now.
    EpochAhead,
    /// Its id belongs to another reservation: never.
    Mismatch,
}

impl LandOutcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::AlreadyLanded => "already_landed",
            Self::Interrupted => "interrupted",
            Self::Conflict => "conflict",
            Self::EpochAhead => "epoch_ahead",
            Self::Mismatch => "mismatch",
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
    pub async fn land(&self, items: &[Item]) -> Result<Vec<LandOutcome>, Error> {
        let now_ms = self.now_ms();
        let quick = db::transact!(&self.pool, "order.land", async |tx: &mut Tx<'_>| {
            land_together(tx, items, now_ms).await
        });
        let outcomes = match quick.await {
            Ok(outcomes) => outcomes,
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
        observe(items, &outcomes, self.now_ms());
        Ok(outcomes)
    }
}

async fn lock_sales(tx: &mut Tx<'_>, items: &[Item]) -> Result<Locked, Error> {
    let locked = sales::lock_shared(tx, items.iter().map(|item| item.activity)).await?;
    fail_point!("land.after_begin", |_| Err(Error::Parameter("fail point")));
    Ok(locked)
}

async fn land_together(
    tx: &mut Tx<'_>,
    items: &[Item],
    now_ms: i64,
) -> Result<Vec<LandOutcome>, Stop> {
    let sales = lock_sales(tx, items).await?;
    let mut outcomes = Vec::with_capacity(items.len());
    let mut new = Vec::with_capacity(items.len());
    for item in items {
        let sale = sales.get(&item.activity).ok_or(Stop::OneByOne)?;
        let (order, outcome) = match sale.judge(item) {
            Judgement::Land => (
                Order::landed(item.clone(), sale, now_ms),
                LandOutcome::Landed,
            ),
            Judgement::Interrupted => (
                Order::refused(item.clone(), sale, RefuseReason::Interrupted),
                LandOutcome::Interrupted,
            ),
            Judgement::BeyondTerms | Judgement::Ahead => return Err(Stop::OneByOne),
        };
        new.push(order);
        outcomes.push(outcome);
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
    Ok(outcomes)
}

async fn land_one_by_one(
    tx: &mut Tx<'_>,
    items: &[Item],
    now_ms: i64,
) -> Result<Vec<LandOutcome>, Error> {
    let sales = lock_sales(tx, items).await?;
    let ids: Vec<_> = items.iter().map(|item| item.order.get()).collect();
    let mut there = orders::find_many(tx, &ids).await?;
    let mut outcomes = vec![LandOutcome::AlreadyLanded; items.len()];
    let mut by_order: Vec<_> = items.iter().zip(&mut outcomes).collect();
    by_order.sort_by_key(|(item, _)| item.order);
    for (item, outcome) in by_order {
        *outcome = land_one(tx, item, sales.get(&item.activity), &mut there, now_ms).await?;
    }
    fail_point!("land.after_insert", |_| Err(Error::Parameter("fail point")));
    Ok(outcomes)
}

async fn land_one(
    tx: &mut Tx<'_>,
    item: &Item,
    sale: Option<&Sale>,
    there: &mut HashMap<OrderId, Order>,
    now_ms: i64,
) -> Result<LandOutcome, Error> {
    if let Some(order) = there.get(&item.order) {
        return Ok(compare(order, item));
    }
    let Some(sale) = sale else {
        return Ok(LandOutcome::EpochAhead);
    };
    let (order, outcome) = match sale.judge(item) {
        Judgement::Ahead => return Ok(LandOutcome::EpochAhead),
        Judgement::Land => (
            Order::landed(item.clone(), sale, now_ms),
            LandOutcome::Landed,
        ),
        Judgement::Interrupted => (
            Order::refused(item.clone(), sale, RefuseReason::Interrupted),
            LandOutcome::Interrupted,
        ),
        Judgement::BeyondTerms => (
            Order::refused(item.clone(), sale, RefuseReason::Conflict),
            LandOutcome::Conflict,
        ),
    };
    if !orders::insert(tx, &[&order]).await? {
        // A copy of the message landed since this transaction looked.
        let rival = orders::find(&mut **tx, item.order).await?;
        return Ok(rival.map_or(LandOutcome::EpochAhead, |rival| compare(&rival, item)));
    }
    let outcome = match outcome {
        LandOutcome::Landed => match units::insert(tx, &[&order]).await {
            Ok(()) => LandOutcome::Landed,
            Err(InsertError::Failed(error)) => return Err(error.into()),
            Err(InsertError::Taken) => {
                orders::refuse_landed(tx, order.id).await?;
                LandOutcome::Conflict
            }
        },
        other => other,
    };
    if outcome == LandOutcome::Conflict {
        // No release: only a rebuild can say which order the unit belongs to.
        sales::suspect(tx, item.activity, sale.epoch).await?;
    }
    there.insert(order.id, order);
    Ok(outcome)
}

/// One id, one reservation: anything else was not written by the sale's script.
fn compare(order: &Order, item: &Item) -> LandOutcome {
    let same = order.user == item.user
        && order.activity == item.activity
        && order.units.agree(&item.units);
    if same {
        LandOutcome::AlreadyLanded
    } else {
        LandOutcome::Mismatch
    }
}

fn observe(items: &[Item], outcomes: &[LandOutcome], now_ms: i64) {
    let mut suspects = BTreeSet::new();
    let mut landed = 0_u32;
    for (item, outcome) in items.iter().zip(outcomes) {
        LAND.with_label_values(&[outcome.label()]).inc();
        let (order, activity) = (item.order.get(), item.activity.get());
        match outcome {
            LandOutcome::Landed => {
                landed += 1;
                observe_lag(now_ms - item.at_ms);
            }
            LandOutcome::AlreadyLanded | LandOutcome::Interrupted => {}
            LandOutcome::Conflict => {
                suspects.insert((activity, item.epoch));
            }
            LandOutcome::EpochAhead => {
                Alarm::Ahead.raise();
                error!(
                    order.id = order,
                    activity.id = activity,
                    sale.epoch = item.epoch.0,
                    "a reservation is ahead of its sale's row: has MySQL lost a commit?"
                );
            }
            LandOutcome::Mismatch => {
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
