//! `orders`.

use std::collections::{BTreeMap, HashMap};

use db::{Pool, Tx};
use ids::OrderId;
use sqlx::{MySql, MySqlExecutor, QueryBuilder};

use super::{
    ROWS_MAX,
    order_row::{Row, columns, state_name},
    pieces, push_in,
};
use crate::{
    Error,
    domain::{Order, RequestKey, State},
};

/// A step that an order takes.
#[derive(Debug)]
pub(crate) struct Change {
    pub order: Order,
    pub next: State,
}

/// Inserts new orders; give them sorted by id. `false`: one of the ids is taken, and some statements may have done
/// their part.
pub(crate) async fn insert(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<bool, sqlx::Error> {
    for orders in pieces(orders) {
        let mut query = QueryBuilder::<MySql>::new(
            "INSERT INTO orders (id, activity_id, user_id, state, reason, epoch, at_ms, \
             request_key, units, quantity, product_id, product_name, product_image, price_fen, \
             expires_at_ms, pay_opened, payment_no, paid_at_ms, due_at_ms) ",
        );
        query.push_values(orders, |mut row, order| {
            let columns = columns(&order.state, 0);
            row.push_bind(order.id.get())
                .push_bind(order.activity.get())
                .push_bind(order.user.get())
                .push_bind(columns.state)
                .push_bind(columns.reason)
                .push_bind(order.epoch.0)
                .push_bind(order.at_ms)
                .push_bind(order.request_key.as_ref().map_or("", RequestKey::as_str))
                .push_bind(order.units.to_string())
                .push_bind(order.units.quantity())
                .push_bind(order.terms.product.get())
                .push_bind(order.terms.product_name.as_str())
                .push_bind(order.terms.product_image.as_str())
                .push_bind(order.terms.price.fen())
                .push_bind(order.expires_at_ms)
                .push_bind(columns.pay_opened)
                .push_bind(columns.payment_no)
                .push_bind(columns.paid_at_ms)
                .push_bind(columns.due_at_ms);
        });
        match query.build().execute(&mut **tx).await {
            Ok(_) => {}
            Err(error) if db::hit_unique_key(&error, "PRIMARY") => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// An order that was inserted in this transaction and whose units turned out to be taken.
pub(crate) async fn refuse_landed(tx: &mut Tx<'_>, order: OrderId) -> Result<(), Error> {
    let refused = sqlx::query!(
        "UPDATE orders SET state = 'refused', reason = 'conflict', expires_at_ms = 0, due_at_ms = NULL
         WHERE id = ? AND state = 'pending'",
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(
        &refused,
        1,
        "the order that meets a conflict",
    )?)
}

pub(crate) async fn find(
    executor: impl MySqlExecutor<'_>,
    order: OrderId,
) -> Result<Option<Order>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, activity_id, user_id, state, reason, epoch, at_ms, request_key, units,
                  product_id, product_name, product_image, price_fen, expires_at_ms,
                  pay_opened AS "pay_opened: bool", payment_no, paid_at_ms
           FROM orders WHERE id = ?"#,
        order.get(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Row::into_order).transpose()?)
}

const SELECT: &str = "SELECT id, activity_id, user_id, state, reason, epoch, at_ms, request_key, \
     units, product_id, product_name, product_image, price_fen, expires_at_ms, pay_opened, \
     payment_no, paid_at_ms FROM orders WHERE id IN ";

/// Those of the orders that have a row.
pub(crate) async fn find_many(
    tx: &mut Tx<'_>,
    ids: &[i64],
) -> Result<HashMap<OrderId, Order>, Error> {
    read_many(tx, ids, "").await
}

/// The same, locked; in a transaction that frees units, after the sales' rows.
pub(crate) async fn lock_many(
    tx: &mut Tx<'_>,
    ids: &[i64],
) -> Result<HashMap<OrderId, Order>, Error> {
    read_many(tx, ids, " ORDER BY id FOR UPDATE").await
}

pub(crate) async fn lock(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<Order>, Error> {
    Ok(lock_many(tx, &[order.get()]).await?.remove(&order))
}

async fn read_many(
    tx: &mut Tx<'_>,
    ids: &[i64],
    suffix: &'static str,
) -> Result<HashMap<OrderId, Order>, Error> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new(SELECT);
        push_in(&mut query, ids);
        query.push(suffix);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
        for row in rows {
            let order = row.into_order()?;
            found.insert(order.id, order);
        }
    }
    Ok(found)
}

/// Writes steps of locked orders: each must still be in the state that its step started from.
pub(crate) async fn change(
    tx: &mut Tx<'_>,
    changes: &[Change],
    ask_at_ms: i64,
) -> Result<(), Error> {
    let mut alike = BTreeMap::<_, Vec<i64>>::new();
    for change in changes {
        let from = state_name(&change.order.state);
        let to = columns(&change.next, ask_at_ms);
        alike
            .entry((from, to))
            .or_default()
            .push(change.order.id.get());
    }
    for ((from, to), ids) in alike {
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = QueryBuilder::<MySql>::new("UPDATE orders SET state = ");
            query.push_bind(to.state);
            query.push(", reason = ").push_bind(to.reason);
            query.push(", pay_opened = ").push_bind(to.pay_opened);
            query.push(", payment_no = ").push_bind(to.payment_no);
            query.push(", paid_at_ms = ").push_bind(to.paid_at_ms);
            query.push(", due_at_ms = ").push_bind(to.due_at_ms);
            query
                .push(" WHERE state = ")
                .push_bind(from)
                .push(" AND id IN ");
            push_in(&mut query, ids);
            let changed = query.build().execute(&mut **tx).await?;
            db::affected(&changed, ids.len() as u64, "orders that change their state")?;
        }
    }
    Ok(())
}

/// Those of the orders that have a row, outside of any transaction.
pub(crate) async fn read(pool: &Pool, ids: &[i64]) -> Result<HashMap<OrderId, Order>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new(SELECT);
        push_in(&mut query, ids);
        let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
        for row in rows {
            let order = row.into_order()?;
            found.insert(order.id, order);
        }
    }
    Ok(found)
}

/// Which of the orders have a row.
pub(crate) async fn present(pool: &Pool, ids: &[i64]) -> Result<Vec<i64>, Error> {
    let mut present = Vec::new();
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new("SELECT id FROM orders WHERE id IN ");
        push_in(&mut query, ids);
        present.extend(query.build_query_scalar::<i64>().fetch_all(pool).await?);
    }
    Ok(present)
}
