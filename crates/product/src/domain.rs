//! What a product may be, and what a movement of its stock can come to.

mod item;
mod page;
mod stock;

pub use item::{Category, Description, Draft, ImageUrl, Item, Name, Patch, Price};
pub use page::{Filter, Page, PriceRange, Sort};
pub use stock::{Amount, Kind, Move, MoveKey, Outcome, Receipt, STOCK_MAX, Stock};

/// Why something is no product or no question about products.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("name: 1 to 255 characters")]
    Name,
    #[error("description: at most 2000 characters")]
    Description,
    #[error("price: above 0 and below 90 trillion")]
    Price,
    #[error("stock: 0 or more, below 2^53")]
    Stock,
    #[error("category: at most 64 characters")]
    Category,
    #[error("image_url: http://, https:// or a path on this site, at most 1024 characters")]
    ImageUrl,
    #[error("key: 1 to 64 visible ASCII characters")]
    MoveKey,
    #[error("units: not below 0, and below 2^53")]
    Units,
    #[error("page: 1 or more, page_size: 1 to 100, up to the 1000000th product")]
    Page,
    #[error("keyword: at most 64 characters")]
    Keyword,
}
