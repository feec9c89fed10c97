//! The canonical API: `/api/v1`.

mod accounts;
mod activities;
mod books;
mod carts;
pub(crate) mod compare;
mod coupons;
mod inventory;
mod orders;
mod payments;
mod products;
mod purchases;
mod retail;
mod wallet;

pub(crate) use products::{PRODUCT_BYTES_MAX, forget_product, product, product_id};

use crate::route::{Family, Routes};

pub(crate) fn routes() -> Routes {
    let mut routes = Routes::new(Family::V1);
    accounts::routes(&mut routes);
    products::routes(&mut routes);
    activities::routes(&mut routes);
    purchases::routes(&mut routes);
    orders::routes(&mut routes);
    retail::routes(&mut routes);
    carts::routes(&mut routes);
    coupons::routes(&mut routes);
    inventory::routes(&mut routes);
    payments::routes(&mut routes);
    wallet::routes(&mut routes);
    books::routes(&mut routes);
    compare::routes(&mut routes);
    routes
}
