//! The shop that came before this one: `/api/…`, with business refusals as HTTP 200.

mod accounts;
mod orders;
mod products;
pub(crate) mod seckill;

use axum::Router;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{state::Gateway, views::pages};

pub(crate) fn routes() -> Router<Gateway> {
    let api = Router::new()
        .merge(accounts::routes())
        .merge(products::routes())
        .merge(orders::routes())
        .merge(seckill::routes());
    Router::new().nest("/api", api)
}

const PAGE_SIZE: u32 = 10;

#[derive(Serialize)]
struct List<T> {
    list: Vec<T>,
    total: i64,
    page: u32,
    page_size: u32,
    total_page: i64,
}

impl<T> List<T> {
    fn new(list: Vec<T>, (page, page_size): (u32, u32), total: i64) -> Self {
        Self {
            list,
            total,
            page,
            page_size,
            total_page: pages(total, page_size),
        }
    }
}

/// `null`, as its pages send for a field left empty, is as good as absent.
fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
