//! `retail_orders` and `retail_lines`.

use std::collections::HashMap;

use db::{Pool, Tx};
use ids::{OrderId, UserId};
use sqlx::{MySql, MySqlExecutor, QueryBuilder};

use super::{
    Corrupt, ROWS_MAX,
    order_row::{columns, read_state, state_name},
    push_in,
};
use crate::{
    Error,
    domain::{Address, Phase, RetailLine, RetailOrder, State},
};

/// What is known of an order before anything is held for it.
#[derive(Debug)]
pub(crate) struct Intent<'a> {
    pub id: OrderId,
    pub user: UserId,
    /// Unique per user.
    pub request_key: &'a str,
    /// Of what was asked for: the same key with another hash is another request.
    pub request_hash: &'a str,
    pub user_coupon: i64,
    pub address: &'a Address,
    pub remark: &'a str,
    pub now_ms: i64,
    /// When the sweeper gives it up.
    pub due_at_ms: i64,
}

/// `false`: the key is taken.
pub(crate) async fn insert(pool: &Pool, intent: &Intent<'_>) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO retail_orders
            (id, user_id, state, reason, request_key, request_hash, at_ms, goods_fen,
             discount_fen, user_coupon_id, recipient, phone, region, address, remark,
             expires_at_ms, pay_opened, payment_no, paid_at_ms, due_at_ms)
         VALUES (?, ?, 'creating', '', ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, ?)",
        intent.id.get(),
        intent.user.get(),
        intent.request_key,
        intent.request_hash,
        intent.now_ms,
        intent.user_coupon,
        intent.address.name,
        intent.address.phone,
        intent.address.region,
        intent.address.detail,
        intent.remark,
        intent.due_at_ms,
    )
    .execute(pool)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if db::hit_unique_key(&error, "once") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The order that a key made, and the hash of what it asked for.
pub(crate) async fn find_by_key(
    pool: &Pool,
    user: UserId,
    request_key: &str,
) -> Result<Option<(i64, String)>, Error> {
    let row = sqlx::query!(
        "SELECT id, request_hash FROM retail_orders WHERE user_id = ? AND request_key = ?",
        user.get(),
        request_key,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (row.id, row.request_hash)))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    state: String,
    reason: String,
    at_ms: i64,
    user_coupon_id: i64,
    recipient: String,
    phone: String,
    region: String,
    address: String,
    remark: String,
    expires_at_ms: i64,
    pay_opened: bool,
    payment_no: String,
    paid_at_ms: i64,
}

impl Row {
    fn into_order(self, lines: Vec<RetailLine>) -> Result<RetailOrder, Corrupt> {
        let corrupt = |what| Corrupt {
            table: "retail_orders",
            id: self.id,
            what,
        };
        let phase = match self.state.as_str() {
            "creating" => Phase::Creating,
            "void" => Phase::Void,
            state => Phase::Placed(
                read_state(
                    (state, &self.reason),
                    self.expires_at_ms,
                    self.pay_opened,
                    (&self.payment_no, self.paid_at_ms),
                )
                .ok_or_else(|| corrupt("state"))?,
            ),
        };
        Ok(RetailOrder {
            id: self.id.try_into().map_err(|_| corrupt("id"))?,
            user: self.user_id.try_into().map_err(|_| corrupt("user_id"))?,
            at_ms: self.at_ms,
            phase,
            lines,
            user_coupon: self.user_coupon_id,
            address: Address {
                name: self.recipient,
                phone: self.phone,
                region: self.region,
                detail: self.address,
            },
            remark: self.remark,
            expires_at_ms: self.expires_at_ms,
        })
    }
}

const SELECT: &str = "SELECT id, user_id, state, reason, at_ms, user_coupon_id, recipient, phone, \
     region, address, remark, expires_at_ms, pay_opened, payment_no, paid_at_ms \
     FROM retail_orders WHERE id IN ";

pub(crate) async fn find(pool: &Pool, order: OrderId) -> Result<Option<RetailOrder>, Error> {
    Ok(find_many(pool, &[order.get()]).await?.remove(&order))
}

pub(crate) async fn find_many(
    pool: &Pool,
    ids: &[i64],
) -> Result<HashMap<OrderId, RetailOrder>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<MySql>::new(SELECT);
        push_in(&mut query, ids);
        let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
        let mut lines = lines(pool, ids).await?;
        for row in rows {
            let own = lines.remove(&row.id).unwrap_or_default();
            let order = row.into_order(own)?;
            found.insert(order.id, order);
        }
    }
    Ok(found)
}

pub(crate) async fn lock(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<RetailOrder>, Error> {
    let mut query = QueryBuilder::<MySql>::new(SELECT);
    push_in(&mut query, &[order.get()]);
    query.push(" FOR UPDATE");
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    let Some(row) = row else { return Ok(None) };
    let own = lines(&mut **tx, &[order.get()]).await?.remove(&row.id);
    Ok(Some(row.into_order(own.unwrap_or_default())?))
}

#[derive(sqlx::FromRow)]
struct LineRow {
    order_id: i64,
    product_id: i64,
    quantity: i32,
    price_fen: i64,
    product_name: String,
    product_image: String,
    category: String,
    discount_fen: i64,
}

async fn lines(
    executor: impl MySqlExecutor<'_>,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<RetailLine>>, Error> {
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT order_id, product_id, quantity, price_fen, product_name, product_image, category, \
         discount_fen FROM retail_lines WHERE order_id IN ",
    );
    push_in(&mut query, ids);
    query.push(" ORDER BY order_id, line");
    let rows: Vec<LineRow> = query.build_query_as().fetch_all(executor).await?;
    let mut lines = HashMap::<i64, Vec<RetailLine>>::new();
    for row in rows {
        let corrupt = Corrupt {
            table: "retail_lines",
            id: row.order_id,
            what: "product_id",
        };
        lines.entry(row.order_id).or_default().push(RetailLine {
            product: row.product_id.try_into().map_err(|_| corrupt)?,
            quantity: row.quantity,
            price_fen: row.price_fen,
            name: row.product_name,
            image: row.product_image,
            category: row.category,
            discount_fen: row.discount_fen,
        });
    }
    Ok(lines)
}

/// The intent becomes an order with these lines.
pub(crate) async fn place(tx: &mut Tx<'_>, order: &RetailOrder) -> Result<(), Error> {
    let placed = sqlx::query!(
        "UPDATE retail_orders
         SET state = 'pending', goods_fen = ?, discount_fen = ?, expires_at_ms = ?, due_at_ms = ?
         WHERE id = ? AND state = 'creating'",
        order.goods_fen(),
        order.discount_fen(),
        order.expires_at_ms,
        order.expires_at_ms,
        order.id.get(),
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&placed, 1, "the order that is placed")?;
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO retail_lines (order_id, line, product_id, quantity, price_fen, product_name, \
         product_image, category, discount_fen) ",
    );
    query.push_values(order.lines.iter().enumerate(), |mut row, (i, line)| {
        row.push_bind(order.id.get())
            .push_bind(i as u32)
            .push_bind(line.product.get())
            .push_bind(line.quantity)
            .push_bind(line.price_fen)
            .push_bind(line.name.as_str())
            .push_bind(line.image.as_str())
            .push_bind(line.category.as_str())
            .push_bind(line.discount_fen);
    });
    let inserted = query.build().execute(&mut **tx).await?;
    Ok(db::affected(
        &inserted,
        order.lines.len() as u64,
        "lines of an order",
    )?)
}

/// The intent ends without an order, and its key is free again.
pub(crate) async fn void(tx: &mut Tx<'_>, order: OrderId, reason: &str) -> Result<(), Error> {
    let voided = sqlx::query!(
        "UPDATE retail_orders
         SET state = 'void', reason = ?, request_key = CONCAT('#', id), due_at_ms = NULL
         WHERE id = ? AND state = 'creating'",
        reason,
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&voided, 1, "the intent that ends")?)
}

/// Writes a step of a locked order.
pub(crate) async fn change(
    tx: &mut Tx<'_>,
    order: OrderId,
    from: &State,
    to: &State,
    ask_at_ms: i64,
) -> Result<(), Error> {
    let to = columns(to, ask_at_ms);
    let changed = sqlx::query!(
        "UPDATE retail_orders
         SET state = ?, reason = ?, pay_opened = ?, payment_no = ?, paid_at_ms = ?, due_at_ms = ?
         WHERE id = ? AND state = ?",
        to.state,
        to.reason,
        to.pay_opened,
        to.payment_no,
        to.paid_at_ms,
        to.due_at_ms,
        order.get(),
        state_name(from),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&changed, 1, "the order that takes a step")?)
}

/// What is due, the longest first.
pub(crate) async fn due(pool: &Pool, now_ms: i64, limit: u32) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM retail_orders WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?",
        now_ms,
        limit,
    )
    .fetch_all(pool)
    .await?)
}

/// Whether a locked order is due: another replica may have been faster.
pub(crate) async fn is_due(tx: &mut Tx<'_>, order: OrderId, now_ms: i64) -> Result<bool, Error> {
    let due = sqlx::query_scalar!(
        "SELECT id FROM retail_orders WHERE id = ? AND due_at_ms <= ? FOR UPDATE",
        order.get(),
        now_ms,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(due.is_some())
}

/// Orders of a user that hold units and are not paid.
pub(crate) async fn count_unpaid(pool: &Pool, user: UserId) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT COUNT(*) FROM retail_orders
         WHERE user_id = ? AND state IN ('creating', 'pending', 'closing')",
        user.get(),
    )
    .fetch_one(pool)
    .await?)
}
