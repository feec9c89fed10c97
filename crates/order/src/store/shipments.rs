//! `shipments`: of ordinary orders and of sales alike. `order_log`: the steps that a buyer sees.

use std::collections::HashMap;

use db::{Pool, Tx};
use ids::OrderId;
use sqlx::{MySql, QueryBuilder};

use super::{Corrupt, ROWS_MAX, push_in};
use crate::{Error, domain::Shipment};

/// `false`: it was sent before.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    shipment: &Shipment,
    confirm_due_ms: i64,
) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO shipments
            (order_id, carrier, tracking_no, shipped_at_ms, confirmed_at_ms, confirm_due_ms)
         VALUES (?, ?, ?, ?, 0, ?)",
        shipment.order.get(),
        shipment.carrier,
        shipment.tracking_no,
        shipment.shipped_at_ms,
        confirm_due_ms,
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if db::hit_unique_key(&error, "PRIMARY") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// `false`: nothing was sent, or it has arrived before.
pub(crate) async fn confirm(tx: &mut Tx<'_>, order: OrderId, now_ms: i64) -> Result<bool, Error> {
    let confirmed = sqlx::query!(
        "UPDATE shipments SET confirmed_at_ms = ?, confirm_due_ms = NULL
         WHERE order_id = ? AND confirmed_at_ms = 0",
        now_ms,
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(confirmed.rows_affected() == 1)
}

pub(crate) async fn sent(tx: &mut Tx<'_>, order: OrderId) -> Result<bool, Error> {
    let sent = sqlx::query_scalar!(
        "SELECT order_id FROM shipments WHERE order_id = ?",
        order.get()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(sent.is_some())
}

/// Those whose time to be confirmed is over.
pub(crate) async fn due(pool: &Pool, now_ms: i64, limit: u32) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT order_id FROM shipments WHERE confirm_due_ms <= ?
         ORDER BY confirm_due_ms LIMIT ?",
        now_ms,
        limit,
    )
    .fetch_all(pool)
    .await?)
}

#[derive(sqlx::FromRow)]
struct Row {
    order_id: i64,
    carrier: String,
    tracking_no: String,
    shipped_at_ms: i64,
    confirmed_at_ms: i64,
}

pub(crate) async fn find_many(
    pool: &Pool,
    ids: &[i64],
) -> Result<HashMap<OrderId, Shipment>, Error> {
    let mut found = HashMap::new();
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new(
            "SELECT order_id, carrier, tracking_no, shipped_at_ms, confirmed_at_ms \
             FROM shipments WHERE order_id IN ",
        );
        push_in(&mut query, ids);
        let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
        for row in rows {
            let corrupt = Corrupt {
                table: "shipments",
                id: row.order_id,
                what: "order_id",
            };
            let order = OrderId::try_from(row.order_id).map_err(|_| corrupt)?;
            found.insert(
                order,
                Shipment {
                    order,
                    carrier: row.carrier,
                    tracking_no: row.tracking_no,
                    shipped_at_ms: row.shipped_at_ms,
                    confirmed_at_ms: row.confirmed_at_ms,
                },
            );
        }
    }
    Ok(found)
}

/// A step as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub at_ms: i64,
    pub user_id: i64,
    pub step: String,
    pub detail: String,
}

/// `user`: 0 for the fleet itself.
pub(crate) async fn log(
    tx: &mut Tx<'_>,
    order: OrderId,
    user: i64,
    step: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), Error> {
    let written = sqlx::query!(
        "INSERT INTO order_log (order_id, at_ms, user_id, step, detail) VALUES (?, ?, ?, ?, ?)",
        order.get(),
        now_ms,
        user,
        step,
        detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&written, 1, "a row of the order log")?)
}

pub(crate) async fn log_of(pool: &Pool, order: OrderId) -> Result<Vec<LogEntry>, Error> {
    Ok(sqlx::query_as!(
        LogEntry,
        "SELECT at_ms, user_id, step, detail FROM order_log WHERE order_id = ? ORDER BY id",
        order.get(),
    )
    .fetch_all(pool)
    .await?)
}
