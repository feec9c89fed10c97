//! `sale_units`: the units of live orders.

use std::collections::BTreeMap;

use db::{Pool, Tx};
use ids::ActivityId;
use sqlx::{MySql, MySqlExecutor, QueryBuilder};

use super::{ROWS_MAX, pieces, push_in};
use crate::{
    Error,
    domain::{Order, RequestKey},
};

/// A unit and its order, as a rebuild and the audit need them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub unit_no: i64,
    pub user_id: i64,
    pub slot: i32,
    pub order_id: i64,
    pub at_ms: i64,
    /// Empty: none.
    pub request_key: String,
}

/// The columns that a new unit takes from its order.
struct New<'a> {
    order: &'a Order,
    slot: i32,
    unit_no: i64,
    /// From 1.
    i: i32,
}

/// Why units were not inserted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InsertError {
    /// A live order holds such a unit, slot or key.
    #[error("a unit, a slot or a key is taken")]
    Taken,
    #[error(transparent)]
    Failed(#[from] sqlx::Error),
}

/// Inserts the units of some new orders, in the order of the primary key, which keeps landers from meeting in
/// a deadlock. Of one order: all units or none. Of several: some statements may have done their part.
pub(crate) async fn insert(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), InsertError> {
    let mut rows: Vec<New<'_>> = orders
        .iter()
        .flat_map(|order| {
            order.units.iter().zip(1..).map(|(held, i)| New {
                order,
                slot: held.slot,
                unit_no: held.unit_no,
                i,
            })
        })
        .collect();
    rows.sort_unstable_by_key(|new| (new.order.activity, new.unit_no));
    // One order has one statement, so that a refusal of one unit refuses them all.
    let parts = if orders.len() == 1 {
        vec![&rows[..]]
    } else {
        pieces(&rows).collect()
    };
    for part in parts {
        insert_rows(tx, part).await?;
    }
    Ok(())
}

async fn insert_rows(tx: &mut Tx<'_>, rows: &[New<'_>]) -> Result<(), InsertError> {
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO sale_units (activity_id, unit_no, user_id, slot, order_id, request_key, i, at_ms) ",
    );
    query.push_values(rows, |mut row, new| {
        row.push_bind(new.order.activity.get())
            .push_bind(new.unit_no)
            .push_bind(new.order.user.get())
            .push_bind(new.slot)
            .push_bind(new.order.id.get())
            .push_bind(RequestKey::of_units(
                new.order.request_key.as_ref(),
                new.order.id,
            ))
            .push_bind(new.i)
            .push_bind(new.order.at_ms);
    });
    match query.build().execute(&mut **tx).await {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(InsertError::Taken),
        Err(error) => Err(InsertError::Failed(error)),
    }
}

fn is_taken(error: &sqlx::Error) -> bool {
    ["PRIMARY", "buyer_slot", "buyer_key"]
        .iter()
        .any(|key| db::hit_unique_key(error, key))
}

/// Frees the units of orders that are live until now. Each has exactly its units, or something is wrong.
pub(crate) async fn delete(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), Error> {
    let mut by_activity = BTreeMap::<ActivityId, Vec<(i64, i64)>>::new();
    for order in orders {
        let units = order
            .units
            .iter()
            .map(|held| (held.unit_no, order.id.get()));
        by_activity.entry(order.activity).or_default().extend(units);
    }
    for (activity, mut units) in by_activity {
        units.sort_unstable();
        for units in units.chunks(ROWS_MAX) {
            let (unit_nos, order_ids): (Vec<i64>, Vec<i64>) = units.iter().copied().unzip();
            let mut query =
                QueryBuilder::<MySql>::new("DELETE FROM sale_units WHERE activity_id = ");
            query.push_bind(activity.get()).push(" AND unit_no IN ");
            push_in(&mut query, &unit_nos);
            query.push(" AND order_id IN ");
            push_in(&mut query, &order_ids);
            let deleted = query.build().execute(&mut **tx).await?;
            db::affected(
                &deleted,
                units.len() as u64,
                "the units of orders that close",
            )?;
        }
    }
    Ok(())
}

/// Live units above `after`, by number.
pub(crate) async fn page(
    executor: impl MySqlExecutor<'_>,
    activity: ActivityId,
    after: i64,
    limit: u32,
) -> Result<Vec<Live>, Error> {
    let mut live = sqlx::query_as!(
        Live,
        "SELECT unit_no, user_id, slot, order_id, at_ms, request_key
         FROM sale_units WHERE activity_id = ? AND unit_no > ? ORDER BY unit_no LIMIT ?",
        activity.get(),
        after,
        limit,
    )
    .fetch_all(executor)
    .await?;
    for unit in &mut live {
        unit.request_key = RequestKey::from_units(std::mem::take(&mut unit.request_key));
    }
    Ok(live)
}

/// All live units, in the transaction that holds the sale's row exclusively.
pub(crate) async fn all(tx: &mut Tx<'_>, activity: ActivityId) -> Result<Vec<Live>, Error> {
    /// Keeps one answer of the server at a few hundred kilobytes.
    const PAGE: u32 = 5_000;
    let mut live = Vec::new();
    loop {
        let after = live.last().map_or(0, |unit: &Live| unit.unit_no);
        let page = page(&mut **tx, activity, after, PAGE).await?;
        let last = page.len() < PAGE as usize;
        live.extend(page);
        if last {
            return Ok(live);
        }
    }
}

/// How many units are live; in the same kind of transaction.
pub(crate) async fn count(tx: &mut Tx<'_>, activity: ActivityId) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT COUNT(*) FROM sale_units WHERE activity_id = ?",
        activity.get(),
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The orders of live units above `after`, in pages, and the last unit of the page.
pub(crate) async fn orders_after(
    pool: &Pool,
    activity_id: i64,
    after: i64,
) -> Result<Option<(Vec<i64>, i64)>, Error> {
    let rows = sqlx::query!(
        "SELECT unit_no, order_id FROM sale_units WHERE activity_id = ? AND unit_no > ?
         ORDER BY unit_no LIMIT 256",
        activity_id,
        after,
    )
    .fetch_all(pool)
    .await?;
    let Some(last) = rows.last().map(|row| row.unit_no) else {
        return Ok(None);
    };
    let mut orders: Vec<_> = rows.into_iter().map(|row| row.order_id).collect();
    orders.sort_unstable();
    orders.dedup();
    Ok(Some((orders, last)))
}
