use ids::{ProductId, UserId};
use sqlx::{MySql, QueryBuilder};

use super::movements::{self, Made};
use crate::{
    Error,
    domain::{
        Category, Description, Draft, ImageUrl, Images, Item, Lines, MovementKind, Name, Patch,
        Price, Stock,
    },
};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    name: String,
    description: String,
    price_fen: i64,
    stock: i64,
    category: String,
    image_url: String,
    images: String,
    on_shelf: bool,
    created_at_ms: i64,
    updated_at_ms: i64,
}

impl TryFrom<Row> for Item {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: ProductId::try_from(row.id).map_err(|_| Error::NoId(row.id))?,
            name: row.name,
            description: row.description,
            price_fen: row.price_fen,
            stock: row.stock,
            category: row.category,
            image_url: row.image_url,
            images: Images::read(&row.images),
            on_shelf: row.on_shelf,
            created_at_ms: row.created_at_ms,
            updated_at_ms: row.updated_at_ms,
        })
    }
}

pub(super) async fn insert(
    tx: &mut db::Tx<'_>,
    draft: &Draft,
    now_ms: i64,
) -> Result<ProductId, Error> {
    let done = sqlx::query!(
        "INSERT INTO products
            (name, description, price_fen, stock, category, image_url, images, on_shelf,
             created_at_ms, updated_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        draft.name.as_str(),
        draft.description.as_str(),
        draft.price.fen(),
        draft.stock.units(),
        draft.category.as_str(),
        draft.image_url.as_str(),
        draft.images.as_json(),
        now_ms,
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&done, 1, "a new product")?;
    let id = done.last_insert_id() as i64;
    ProductId::try_from(id).map_err(|_| Error::NoId(id))
}

/// Whether there is such a product. A change of its price or its stock is written down with who made it.
pub(super) async fn update(
    tx: &mut db::Tx<'_>,
    id: ProductId,
    patch: &Patch,
    by: UserId,
    now_ms: i64,
) -> Result<bool, Error> {
    let before = sqlx::query!(
        "SELECT price_fen, stock FROM products WHERE id = ? AND deleted_at_ms IS NULL FOR UPDATE",
        id.get(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(before) = before else {
        return Ok(false);
    };
    write_patch(tx, id, patch, now_ms).await?;
    if let Some(price) = patch.price.filter(|price| price.fen() != before.price_fen) {
        let change = (before.price_fen, price.fen());
        movements::insert_price(tx, id, change, by.get(), now_ms).await?;
    }
    if let Some(stock) = patch.stock.filter(|stock| stock.units() != before.stock) {
        let made = Made {
            kind: MovementKind::Set,
            reference: None,
            user: by.get(),
            reason: "",
        };
        let delta = stock.units() - before.stock;
        movements::insert(tx, &[(id, delta)], &made, now_ms).await?;
    }
    Ok(true)
}

async fn write_patch(
    tx: &mut db::Tx<'_>,
    id: ProductId,
    patch: &Patch,
    now_ms: i64,
) -> Result<(), Error> {
    let done = sqlx::query!(
        "UPDATE products
         SET name = COALESCE(?, name), description = COALESCE(?, description),
             price_fen = COALESCE(?, price_fen), stock = COALESCE(?, stock),
             category = COALESCE(?, category), image_url = COALESCE(?, image_url),
             images = COALESCE(?, images), on_shelf = COALESCE(?, on_shelf), updated_at_ms = ?
         WHERE id = ? AND deleted_at_ms IS NULL",
        patch.name.as_ref().map(Name::as_str),
        patch.description.as_ref().map(Description::as_str),
        patch.price.map(Price::fen),
        patch.stock.map(Stock::units),
        patch.category.as_ref().map(Category::as_str),
        patch.image_url.as_ref().map(ImageUrl::as_str),
        patch.images.as_ref().map(Images::as_json),
        patch.on_shelf,
        now_ms,
        id.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(db::affected(&done, 1, "the product that changes")?)
}

/// The most products in one statement.
const MANY_MAX: usize = 128;
const SELECT: &str = "SELECT id, name, description, price_fen, stock, category, image_url, images, \
     on_shelf, created_at_ms, updated_at_ms FROM products WHERE deleted_at_ms IS NULL AND id IN (";

/// The products of an order's lines, locked by id, so that two orders never wait for each other in a circle.
pub(super) async fn lock_many(tx: &mut db::Tx<'_>, lines: &Lines) -> Result<Vec<Item>, Error> {
    let ids: Vec<_> = lines
        .as_slice()
        .iter()
        .map(|line| line.product.get())
        .collect();
    let mut query = select_many(&ids);
    query.push(") ORDER BY id FOR UPDATE");
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    rows.into_iter().map(Item::try_from).collect()
}

pub(super) async fn get_many(pool: &db::Pool, ids: &[i64]) -> Result<Vec<Item>, Error> {
    let mut items = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MANY_MAX) {
        let mut query = select_many(ids);
        query.push(")");
        let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
        for row in rows {
            items.push(Item::try_from(row)?);
        }
    }
    Ok(items)
}

/// The last id is repeated up to a power of two: each statement's text is prepared and cached.
fn select_many(ids: &[i64]) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::new(SELECT);
    let mut list = query.separated(", ");
    for i in 0..ids.len().next_power_of_two() {
        list.push_bind(ids[i.min(ids.len() - 1)]);
    }
    query
}

pub(super) async fn delete(pool: &db::Pool, id: ProductId, now_ms: i64) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE products SET deleted_at_ms = ?, on_shelf = 0, updated_at_ms = ?
         WHERE id = ? AND deleted_at_ms IS NULL",
        now_ms,
        now_ms,
        id.get(),
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn get(tx: &mut db::Tx<'_>, id: ProductId) -> Result<Option<Item>, Error> {
    read(&mut **tx, id).await
}

pub(super) async fn get_one(pool: &db::Pool, id: ProductId) -> Result<Option<Item>, Error> {
    read(pool, id).await
}

async fn read<'e>(
    executor: impl sqlx::MySqlExecutor<'e>,
    id: ProductId,
) -> Result<Option<Item>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, name, description, price_fen, stock, category, image_url, images,
                  on_shelf AS "on_shelf: bool", created_at_ms, updated_at_ms
           FROM products WHERE id = ? AND deleted_at_ms IS NULL"#,
        id.get(),
    )
    .fetch_optional(executor)
    .await?;
    row.map(Item::try_from).transpose()
}
