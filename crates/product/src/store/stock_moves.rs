use ids::ProductId;

use super::{
    Store,
    movements::{self, Made},
    products,
};
use crate::{
    Error,
    domain::{Amount, Item, Kind, Move, MovementKind, Outcome, Receipt, STOCK_MAX},
};

pub(super) async fn get(pool: &db::Pool, wanted: &Move) -> Result<Option<Receipt>, Error> {
    let row = sqlx::query!(
        "SELECT kind, product_id, asked, outcome, moved, product FROM stock_moves WHERE move_key = ?",
        wanted.key.as_str(),
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let same = row.kind == wanted.kind.word()
        && row.product_id == wanted.product.get()
        && row.asked == wanted.amount.asked();
    if !same {
        return Err(Error::KeyReused {
            key: wanted.key.as_str().to_owned(),
        });
    }
    let outcome = Outcome::from_word(&row.outcome)
        .ok_or_else(|| Store::unreadable(&wanted.key, &format!("outcome {}", row.outcome)))?;
    let item: Option<Item> = match row.product.as_str() {
        "" => None,
        json => Some(
            serde_json::from_str(json).map_err(|error| Store::unreadable(&wanted.key, &error))?,
        ),
    };
    Ok(Some(Receipt {
        outcome,
        moved: row.moved,
        item,
    }))
}

pub(super) async fn insert(
    tx: &mut db::Tx<'_>,
    wanted: &Move,
    receipt: &Receipt,
    now_ms: i64,
) -> Result<(), Error> {
    let product = match &receipt.item {
        Some(item) => {
            serde_json::to_string(item).map_err(|error| Store::unreadable(&wanted.key, &error))?
        }
        None => String::new(),
    };
    let done = sqlx::query!(
        "INSERT INTO stock_moves (move_key, kind, product_id, asked, outcome, moved, product, at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        wanted.key.as_str(),
        wanted.kind.word(),
        wanted.product.get(),
        wanted.amount.asked(),
        receipt.outcome.word(),
        receipt.moved,
        product,
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&done, 1, "a movement of stock")?;
    // After the receipt: a key that is used twice at once is to meet the receipt's own key.
    match receipt.outcome {
        Outcome::Moved => record(tx, wanted, receipt.moved, now_ms).await,
        Outcome::Short | Outcome::Missing | Outcome::Full => Ok(()),
    }
}

/// Changes the product's row, which stays locked until the receipt is written.
pub(super) async fn apply(
    tx: &mut db::Tx<'_>,
    wanted: &Move,
    now_ms: i64,
) -> Result<Receipt, Error> {
    let units = match wanted.amount {
        Amount::Units(units) => units,
        Amount::All => stock_locked(tx, wanted.product).await?.unwrap_or(0),
    };
    let moved = match wanted.kind {
        Kind::Take => units > 0 && take(tx, wanted.product, units, now_ms).await?,
        Kind::Return => give_back(tx, wanted.product, units, now_ms).await?,
    };
    // A product that was taken off the catalogue still takes its units back.
    let mut item = products::get(tx, wanted.product).await?;
    if let Some(item) = &mut item {
        // A receipt has room for one picture.
        item.images.clear();
    }
    let outcome = match wanted.kind {
        _ if moved => Outcome::Moved,
        Kind::Take if item.is_none() => Outcome::Missing,
        Kind::Take => Outcome::Short,
        Kind::Return if stock_locked(tx, wanted.product).await?.is_none() => Outcome::Missing,
        Kind::Return => Outcome::Full,
    };
    Ok(Receipt {
        outcome,
        moved: if moved { units } else { 0 },
        item,
    })
}

async fn record(tx: &mut db::Tx<'_>, wanted: &Move, units: i64, now_ms: i64) -> Result<(), Error> {
    let (kind, delta) = match wanted.kind {
        Kind::Take => (MovementKind::SaleTake, -units),
        Kind::Return => (MovementKind::SaleReturn, units),
    };
    let made = Made {
        kind,
        reference: Some(wanted.key.as_str()),
        user: 0,
        reason: "",
    };
    movements::insert(tx, &[(wanted.product, delta)], &made, now_ms).await
}

async fn stock_locked(tx: &mut db::Tx<'_>, id: ProductId) -> Result<Option<i64>, Error> {
    let stock = sqlx::query_scalar!(
        "SELECT stock FROM products WHERE id = ? FOR UPDATE",
        id.get()
    );
    Ok(stock.fetch_optional(&mut **tx).await?)
}

/// The condition is what keeps the stock from going below zero.
async fn take(tx: &mut db::Tx<'_>, id: ProductId, units: i64, now_ms: i64) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE products SET stock = stock - ?, updated_at_ms = ?
         WHERE id = ? AND deleted_at_ms IS NULL AND stock >= ?",
        units,
        now_ms,
        id.get(),
        units,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn give_back(
    tx: &mut db::Tx<'_>,
    id: ProductId,
    units: i64,
    now_ms: i64,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE products SET stock = stock + ?, updated_at_ms = ? WHERE id = ? AND stock <= ?",
        units,
        now_ms,
        id.get(),
        STOCK_MAX - units,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
