//! What a product may be, and what a movement of its stock can come to.

#[macro_use]
mod words;

mod inventory;
mod item;
mod page;
mod reservation;
mod stock;

pub use inventory::{Adjustment, Level, LowMark, Movement, MovementKind, PriceChange};
pub use item::{Category, Description, Draft, ImageUrl, Images, Item, Name, Patch, Price};
pub use page::{Filter, Page, PriceRange, Sort};
pub use reservation::{Found, Held, Line, Lines, Purpose, Refusal, Stage, Step, Wrong, judge};
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
    #[error("lines: 1 to 50, one per product, 1 to 9999 units each")]
    Lines,
    #[error("delta: not 0, and between -2^53 and 2^53")]
    Delta,
    #[error("reason: at most 200 characters")]
    Reason,
    #[error("ids: at most 100")]
    Ids,
    #[error("limit: 1 to 100")]
    Limit,
    #[error("low_stock: 0 or more, below 2^53")]
    LowStock,
    #[error("images: at most 9 addresses")]
    Images,
    #[error("units: not below 0, and below 2^53")]
    Units,
    #[error("page: 1 or more, page_size: 1 to 100, up to the 1000000th product")]
    Page,
    #[error("keyword: at most 64 characters")]
    Keyword,
}
