//! The OpenAPI 3.1 document, made from the table of routes and from the types that the handlers
//! really read and write: what a handler takes and answers is in its signature.

mod document;
mod operation;
mod schemas;
mod ui;

pub(crate) use document::document;
pub(crate) use operation::Operation;
pub(crate) use ui::routes;
