//! What is true of orders and sales without any I/O.

pub mod coupon;
pub mod item;
pub mod order;
pub mod retail;
pub mod sale;
pub mod state;
pub mod template;
pub mod units;

pub use coupon::{NotMet, Priced, Rule, Scope, discount};
pub use item::{Item, NotAnItem, RequestKey};
pub use order::{Order, Snapshot};
pub use retail::{
    Address, Effect, Line as RetailLine, Phase, RetailOrder, Shipment, Wish, effect, step_name,
};
pub use sale::{Edit, Epoch, Judgement, Sale, Terms, TermsRefused, Version};
pub use state::{CloseReason, Paying, Payment, PaymentNo, RefuseReason, State, Wrong};
pub use template::{Grant, NoCoupon, NotTerms, Template, TemplateTerms};
pub use units::{Held, Units};
