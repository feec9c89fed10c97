//! `reservations` and `reservation_lines`. Rows are locked in one order: the reservation, then products by id.

use ids::{OrderId, ProductId};
use sqlx::{MySql, QueryBuilder};

use super::{
    Store,
    movements::{self, Made},
    products,
};
use crate::{
    Error,
    domain::{Found, Held, Line, Lines, MovementKind, Purpose, Refusal, STOCK_MAX, Stage, judge},
};

/// What the rows say; `None`: nothing was ever asked for that order.
pub(super) async fn find(pool: &db::Pool, order: OrderId) -> Result<Option<Found>, Error> {
    let row = sqlx::query!(
        "SELECT stage, refusal, refused_product FROM reservations WHERE order_id = ?",
        order.get(),
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let refusal = match row.refusal.as_str() {
        "" => None,
        word => Some((
            Refusal::from_word(word).ok_or_else(|| corrupt(order, word))?,
            row.refused_product,
        )),
    };
    Ok(Some(Found {
        stage: Stage::from_word(&row.stage).ok_or_else(|| corrupt(order, &row.stage))?,
        refusal,
        held: lines(pool, order).await?,
    }))
}

fn corrupt(order: OrderId, what: &str) -> Error {
    Error::Unreadable {
        key: format!("reservation {order}"),
        what: what.to_owned(),
    }
}

async fn lines<'e>(
    executor: impl sqlx::MySqlExecutor<'e>,
    order: OrderId,
) -> Result<Vec<Held>, Error> {
    let rows = sqlx::query!(
        "SELECT product_id, units, price_fen, product_name, product_image, category
         FROM reservation_lines WHERE order_id = ? ORDER BY product_id",
        order.get(),
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Held {
                line: Line {
                    product: ProductId::try_from(row.product_id)
                        .map_err(|_| Error::NoId(row.product_id))?,
                    units: row.units,
                },
                price_fen: row.price_fen,
                name: row.product_name,
                image: row.product_image,
                category: row.category,
            })
        })
        .collect()
}

/// Holds all lines or writes the refusal. Fails on the order's key when it was asked for meanwhile.
pub(super) async fn reserve(
    tx: &mut db::Tx<'_>,
    order: OrderId,
    lines: &Lines,
    now_ms: i64,
) -> Result<Found, Error> {
    insert(tx, order, Stage::Held, now_ms).await?;
    let locked = products::lock_many(tx, lines).await?;
    match judge(lines, &locked) {
        Ok(held) => {
            take(tx, &held, now_ms).await?;
            insert_lines(tx, order, &held).await?;
            let deltas: Vec<_> = held
                .iter()
                .map(|held| (held.line.product, -held.line.units))
                .collect();
            record(tx, order, MovementKind::Reserve, &deltas, now_ms).await?;
            Ok(Found {
                stage: Stage::Held,
                refusal: None,
                held,
            })
        }
        Err((refusal, product)) => {
            refuse(tx, order, refusal, product).await?;
            Ok(Found {
                stage: Stage::Refused,
                refusal: Some((refusal, product.get())),
                held: Vec::new(),
            })
        }
    }
}

async fn insert(
    tx: &mut db::Tx<'_>,
    order: OrderId,
    stage: Stage,
    now_ms: i64,
) -> Result<(), Error> {
    let done = sqlx::query!(
        "INSERT INTO reservations (order_id, stage, refusal, refused_product, at_ms)
         VALUES (?, ?, '', 0, ?)",
        order.get(),
        stage.word(),
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&done, 1, "a reservation")?)
}

async fn refuse(
    tx: &mut db::Tx<'_>,
    order: OrderId,
    refusal: Refusal,
    product: ProductId,
) -> Result<(), Error> {
    let done = sqlx::query!(
        "UPDATE reservations SET stage = 'refused', refusal = ?, refused_product = ?
         WHERE order_id = ?",
        refusal.word(),
        product.get(),
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&done, 1, "a refused reservation")?)
}

/// The condition is what keeps the stock from going below zero, whatever was judged.
async fn take(tx: &mut db::Tx<'_>, held: &[Held], now_ms: i64) -> Result<(), Error> {
    for Held { line, .. } in held {
        let done = sqlx::query!(
            "UPDATE products SET stock = stock - ?, reserved = reserved + ?, updated_at_ms = ?
             WHERE id = ? AND deleted_at_ms IS NULL AND on_shelf = 1 AND stock >= ?",
            line.units,
            line.units,
            now_ms,
            line.product.get(),
            line.units,
        )
        .execute(&mut **tx)
        .await?;
        db::affected(&done, 1, "a product whose units are held")?;
    }
    Ok(())
}

async fn insert_lines(tx: &mut db::Tx<'_>, order: OrderId, held: &[Held]) -> Result<(), Error> {
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO reservation_lines (order_id, product_id, units, price_fen, product_name, \
         product_image, category) ",
    );
    query.push_values(held, |mut row, held| {
        row.push_bind(order.get())
            .push_bind(held.line.product.get())
            .push_bind(held.line.units)
            .push_bind(held.price_fen)
            .push_bind(held.name.as_str())
            .push_bind(held.image.as_str())
            .push_bind(held.category.as_str());
    });
    let done = query.build().execute(&mut **tx).await?;
    Ok(db::affected(
        &done,
        held.len() as u64,
        "lines of a reservation",
    )?)
}

async fn record(
    tx: &mut db::Tx<'_>,
    order: OrderId,
    kind: MovementKind,
    deltas: &[(ProductId, i64)],
    now_ms: i64,
) -> Result<(), Error> {
    let reference = format!("order/{order}");
    let made = Made {
        kind,
        reference: Some(&reference),
        user: 0,
        reason: "",
    };
    movements::insert(tx, deltas, &made, now_ms).await
}

/// Which products changed. Giving up an order that never asked leaves a mark that refuses a call still on its way.
pub(super) async fn settle(
    tx: &mut db::Tx<'_>,
    order: OrderId,
    purpose: Purpose,
    now_ms: i64,
) -> Result<Vec<ProductId>, Error> {
    let stage = sqlx::query_scalar!(
        "SELECT stage FROM reservations WHERE order_id = ? FOR UPDATE",
        order.get(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(stage) = stage else {
        return match purpose {
            Purpose::Release => {
                insert(tx, order, Stage::Released, now_ms).await?;
                Ok(Vec::new())
            }
            Purpose::Consume | Purpose::Return => Err(Error::NoReservation(order)),
        };
    };
    let stage = Stage::from_word(&stage).ok_or_else(|| corrupt(order, &stage))?;
    let Some(step) = stage.settle(purpose)? else {
        return Ok(Vec::new());
    };
    let held = lines(&mut **tx, order).await?;
    let mut deltas = Vec::with_capacity(held.len());
    for Held { line, .. } in &held {
        let back = if step.to_stock { line.units } else { 0 };
        let unheld = if step.was_held { line.units } else { 0 };
        let done = sqlx::query!(
            "UPDATE products SET stock = stock + ?, reserved = reserved - ?, updated_at_ms = ?
             WHERE id = ? AND reserved >= ? AND stock <= ?",
            back,
            unheld,
            now_ms,
            line.product.get(),
            unheld,
            STOCK_MAX - back,
        )
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() != 1 {
            return Err(Error::Full(line.product));
        }
        deltas.push((line.product, back));
    }
    let kind = match purpose {
        Purpose::Release => MovementKind::Release,
        Purpose::Consume => MovementKind::Consume,
        Purpose::Return => MovementKind::Return,
    };
    record(tx, order, kind, &deltas, now_ms).await?;
    let done = sqlx::query!(
        "UPDATE reservations SET stage = ? WHERE order_id = ?",
        step.next.word(),
        order.get(),
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&done, 1, "a reservation that moves on")?;
    Ok(deltas.into_iter().map(|(product, _)| product).collect())
}

impl Store {
    pub(crate) async fn reservation(&self, order: OrderId) -> Result<Option<Found>, Error> {
        find(&self.pool, order).await
    }

    pub(crate) async fn reserve(
        &self,
        order: OrderId,
        lines: &Lines,
        now_ms: i64,
    ) -> Result<Found, Error> {
        db::transact!(&self.pool, "reserve", async |tx| {
            reserve(tx, order, lines, now_ms).await
        })
        .await
    }

    pub(crate) async fn settle(
        &self,
        order: OrderId,
        purpose: Purpose,
        now_ms: i64,
    ) -> Result<Vec<ProductId>, Error> {
        db::transact!(&self.pool, "settle", async |tx| {
            settle(tx, order, purpose, now_ms).await
        })
        .await
    }
}
