use sqlx::{MySql, QueryBuilder};

use super::products::Row;
use crate::{
    Error,
    domain::{Filter, Item, Page, Sort},
};

/// One page, and how many there are in all.
pub(super) async fn list(
    pool: &db::Pool,
    filter: &Filter,
    sort: Sort,
    page: Page,
) -> Result<(Vec<Item>, i64), Error> {
    let mut count = QueryBuilder::new("SELECT COUNT(*) FROM products");
    push_where(&mut count, filter);
    let total: i64 = count.build_query_scalar().fetch_one(pool).await?;
    if u64::try_from(total).is_ok_and(|total| total <= page.skipped()) {
        return Ok((Vec::new(), total));
    }
    let mut select = QueryBuilder::new(
        "SELECT id, name, description, price_fen, stock, category, image_url, images, on_shelf, \
         created_at_ms, updated_at_ms FROM products",
    );
    push_where(&mut select, filter);
    select
        .push(order(sort))
        .push(" LIMIT ")
        .push_bind(page.size());
    select.push(" OFFSET ").push_bind(page.skipped());
    let rows: Vec<Row> = select.build_query_as().fetch_all(pool).await?;
    let items = rows
        .into_iter()
        .map(Item::try_from)
        .collect::<Result<_, _>>()?;
    Ok((items, total))
}

fn push_where(query: &mut QueryBuilder<MySql>, filter: &Filter) {
    query.push(" WHERE deleted_at_ms IS NULL");
    if !filter.off_shelf_too {
        query.push(" AND on_shelf = 1");
    }
    if filter.in_stock {
        query.push(" AND stock > 0");
    }
    if let Some(category) = &filter.category {
        query.push(" AND category = ").push_bind(category.clone());
    }
    if let Some(from) = filter.price.from {
        query.push(" AND price_fen >= ").push_bind(from.fen());
    }
    if let Some(to) = filter.price.to {
        query.push(" AND price_fen <= ").push_bind(to.fen());
    }
    if let Some(pattern) = filter.pattern() {
        query
            .push(" AND (name LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '|'");
        query
            .push(" OR description LIKE ")
            .push_bind(pattern)
            .push(" ESCAPE '|')");
    }
}

fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::CreatedDesc => " ORDER BY created_at_ms DESC, id DESC",
        Sort::CreatedAsc => " ORDER BY created_at_ms, id",
        Sort::PriceAsc => " ORDER BY price_fen, id",
        Sort::PriceDesc => " ORDER BY price_fen DESC, id DESC",
        Sort::NameAsc => " ORDER BY name, id",
        Sort::NameDesc => " ORDER BY name DESC, id DESC",
    }
}
