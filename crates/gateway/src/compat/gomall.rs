//! The shop that came before this one: `/api/…`, with business refusals as HTTP 200.

mod accounts;
mod cart;
mod orders;
mod products;
mod seckill;
mod wechat_pay;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    route::{Family, Routes},
    views::pages,
};

pub(crate) fn routes() -> Routes {
    let mut routes = Routes::new(Family::Gomall);
    accounts::routes(&mut routes);
    products::routes(&mut routes);
    cart::routes(&mut routes);
    orders::routes(&mut routes);
    seckill::routes(&mut routes);
    wechat_pay::routes(&mut routes);
    routes
}

const PAGE_SIZE: u32 = 10;

#[derive(Serialize, ToSchema)]
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
