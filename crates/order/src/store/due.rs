//! The sweeper's part of `orders`: what is due, and the leases of claims.

use db::Pool;
use sqlx::{MySql, QueryBuilder};

use super::{ROWS_MAX, push_in};
use crate::Error;

/// What the sweeper claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub id: i64,
    pub activity_id: i64,
}

/// Claims orders that are due, by moving their due time to `lease_until_ms`: no other sweeper sees them before.
/// Rows are locked by primary key, as every other writer does.
pub(crate) async fn claim(
    pool: &Pool,
    owner: i64,
    now_ms: i64,
    lease_until_ms: i64,
    limit: u32,
) -> Result<Vec<Due>, Error> {
    let due = sqlx::query_as!(
        Due,
        "SELECT id, activity_id FROM orders WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?",
        now_ms,
        limit,
    )
    .fetch_all(pool)
    .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for due in due.chunks(ROWS_MAX) {
        let mut ids: Vec<_> = due.iter().map(|due| due.id).collect();
        ids.sort_unstable();
        let mut update = QueryBuilder::<MySql>::new("UPDATE orders SET due_at_ms = ");
        update
            .push_bind(lease_until_ms)
            .push(", sweep_owner = ")
            .push_bind(owner);
        update
            .push(" WHERE due_at_ms <= ")
            .push_bind(now_ms)
            .push(" AND id IN ");
        push_in(&mut update, &ids);
        let moved = update.build().execute(pool).await?.rows_affected();
        if moved == ids.len() as u64 {
            claimed.extend_from_slice(due);
            continue;
        }
        // Another replica was faster with some of them.
        let mut own = QueryBuilder::<MySql>::new("SELECT id FROM orders WHERE sweep_owner = ");
        own.push_bind(owner)
            .push(" AND due_at_ms = ")
            .push_bind(lease_until_ms)
            .push(" AND id IN ");
        push_in(&mut own, &ids);
        let own: Vec<i64> = own.build_query_scalar().fetch_all(pool).await?;
        claimed.extend(due.iter().filter(|due| own.contains(&due.id)));
    }
    Ok(claimed)
}

/// How many orders are due and not claimed, counted up to 100,000.
pub(crate) async fn count(pool: &Pool, now_ms: i64) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE due_at_ms <= ? LIMIT 100000) due",
        now_ms,
    )
    .fetch_one(pool)
    .await?)
}

/// Ends the payment window of those that are pending.
pub(crate) async fn expire(pool: &Pool, ids: &[i64], now_ms: i64) -> Result<(), Error> {
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new("UPDATE orders SET expires_at_ms = ");
        query
            .push_bind(now_ms)
            .push(", due_at_ms = ")
            .push_bind(now_ms);
        query
            .push(" WHERE state = 'pending' AND expires_at_ms > ")
            .push_bind(now_ms);
        query.push(" AND id IN ");
        push_in(&mut query, ids);
        query.build().execute(pool).await?;
    }
    Ok(())
}
