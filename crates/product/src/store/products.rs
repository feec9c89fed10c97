use ids::ProductId;

use crate::{
    Error,
    domain::{Category, Description, Draft, ImageUrl, Item, Name, Patch, Price, Stock},
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
            (name, description, price_fen, stock, category, image_url, on_shelf,
             created_at_ms, updated_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
        draft.name.as_str(),
        draft.description.as_str(),
        draft.price.fen(),
        draft.stock.units(),
        draft.category.as_str(),
        draft.image_url.as_str(),
        now_ms,
        now_ms,
    )
    .execute(&mut **tx)
    .await?;
    db::affected(&done, 1, "a new product")?;
    let id = done.last_insert_id() as i64;
    ProductId::try_from(id).map_err(|_| Error::NoId(id))
}

/// Whether there is such a product.
pub(super) async fn update(
    tx: &mut db::Tx<'_>,
    id: ProductId,
    patch: &Patch,
    now_ms: i64,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE products
         SET name = COALESCE(?, name), description = COALESCE(?, description),
             price_fen = COALESCE(?, price_fen), stock = COALESCE(?, stock),
             category = COALESCE(?, category), image_url = COALESCE(?, image_url),
             on_shelf = COALESCE(?, on_shelf), updated_at_ms = ?
         WHERE id = ? AND deleted_at_ms IS NULL",
        patch.name.as_ref().map(Name::as_str),
        patch.description.as_ref().map(Description::as_str),
        patch.price.map(Price::fen),
        patch.stock.map(Stock::units),
        patch.category.as_ref().map(Category::as_str),
        patch.image_url.as_ref().map(ImageUrl::as_str),
        patch.on_shelf,
        now_ms,
        id.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
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
        r#"SELECT id, name, description, price_fen, stock, category, image_url,
                  on_shelf AS "on_shelf: bool", created_at_ms, updated_at_ms
           FROM products WHERE id = ? AND deleted_at_ms IS NULL"#,
        id.get(),
    )
    .fetch_optional(executor)
    .await?;
    row.map(Item::try_from).transpose()
}
