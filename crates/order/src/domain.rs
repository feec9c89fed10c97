//! What is true of orders and sales without any I/O.

pub mod item;
pub mod order;
pub mod sale;
pub mod state;
pub mod units;

pub use item::{Item, NotAnItem, RequestKey};
pub use order::{Order, Snapshot};
pub use sale::{Edit, Epoch, Judgement, Sale, Terms, TermsRefused, Version};
pub use state::{CloseReason, Paying, Payment, PaymentNo, RefuseReason, State, Wrong};
pub use units::{Held, Units};
