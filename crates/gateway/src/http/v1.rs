//! The canonical API: `/api/v1`.

mod accounts;
mod activities;
pub(crate) mod compare;
mod orders;
mod payments;
mod products;
pub(crate) mod purchases;

use axum::Router;

pub(crate) use products::product_id;

use crate::state::Gateway;

pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .merge(accounts::routes())
        .merge(products::routes())
        .merge(activities::routes())
        .merge(purchases::routes())
        .merge(orders::routes())
        .merge(payments::routes())
        .merge(compare::routes())
}
